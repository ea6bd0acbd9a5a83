import { MirrorError } from '../../../core/errors.ts';
import { compareText } from '../../../core/order.ts';
import type { Descriptor } from '../descriptor.ts';
import { digestOf } from '../digest.ts';
import { MEDIA_TYPES } from '../media-types.ts';
import { isTag } from '../reference.ts';
import type { ChartDependency, ChartMetadata } from './metadata.ts';

/** A chart as it is kept in a registry. */
export interface ChartArtifact {
  /** The chart's name, which is the last component of its repository. */
  readonly name: string;
  /** Its version, with `_` for the `+` that no tag can have. */
  readonly tag: string;
  readonly config: { readonly descriptor: Descriptor; readonly bytes: Buffer };
  /** The chart itself, and what vouches for it where that was given. */
  readonly layers: readonly { readonly descriptor: Descriptor; readonly bytes: Uint8Array }[];
  readonly manifest: { readonly descriptor: Descriptor; readonly bytes: Buffer };
}

export interface ChartArtifactOptions {
  /** The .prov file of `helm package --sign`. */
  readonly provenance?: Uint8Array | undefined;
  /** When the chart was made. Left out by default, so that equal charts have equal manifests. */
  readonly created?: Date | undefined;
}

const PROVENANCE = 'application/vnd.cncf.helm.chart.provenance.v1.prov';
const ANNOTATION = 'org.opencontainers.image.';

/** Makes of a packed chart what `helm push` puts into a registry (helm.sh/docs/topics/registries). Throws REFERENCE_INVALID for a version that is no tag. */
export function chartArtifact(tgz: Uint8Array, metadata: ChartMetadata, { provenance, created }: ChartArtifactOptions = {}): ChartArtifact {
  const tag = metadata.version.replaceAll('+', '_');
  if (!isTag(tag))
    throw new MirrorError('REFERENCE_INVALID', `the chart ${metadata.name} has the version "${metadata.version}", which is no tag`);
  const configBytes = Buffer.from(goJson(helmMetadata(metadata)));
  const config = { descriptor: descriptorOf(MEDIA_TYPES.helmConfig, configBytes), bytes: configBytes };
  const layers = [
    { descriptor: descriptorOf(MEDIA_TYPES.helmChart, tgz), bytes: tgz },
    ...(provenance === undefined ? [] : [{ descriptor: descriptorOf(PROVENANCE, provenance), bytes: provenance }]),
  ].sort((a, b) => compareText(a.descriptor.digest, b.descriptor.digest));
  const manifestBytes = Buffer.from(
    goJson({
      schemaVersion: 2,
      config: config.descriptor,
      layers: layers.map(({ descriptor }) => descriptor),
      annotations: sorted(annotationsOf(metadata, created)),
    }),
  );
  const manifest = { descriptor: descriptorOf(MEDIA_TYPES.manifest, manifestBytes), bytes: manifestBytes };
  return { name: metadata.name, tag, config, layers, manifest };
}

function descriptorOf(mediaType: string, bytes: Uint8Array): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

/** Helm's own metadata, in its order of keys, without what is empty. */
function helmMetadata(metadata: ChartMetadata): object {
  return {
    name: metadata.name,
    home: metadata.home,
    sources: listOf(metadata.sources),
    version: metadata.version,
    description: metadata.description,
    keywords: listOf(metadata.keywords),
    maintainers: listOf(metadata.maintainers?.map(({ name, email, url }) => ({ name, email, url }))),
    icon: metadata.icon,
    apiVersion: metadata.apiVersion ?? 'v1',
    condition: metadata.condition,
    tags: metadata.tags,
    appVersion: metadata.appVersion,
    deprecated: metadata.deprecated === true ? true : undefined,
    annotations: metadata.annotations == null ? undefined : sorted(metadata.annotations),
    kubeVersion: metadata.kubeVersion,
    dependencies: listOf(metadata.dependencies?.map(helmDependency)),
    type: metadata.type,
  };
}

function helmDependency(dependency: ChartDependency): object {
  return {
    name: dependency.name,
    version: dependency.version,
    repository: dependency.repository ?? '',
    condition: dependency.condition,
    tags: listOf(dependency.tags),
    'import-values': listOf(dependency['import-values']),
    alias: dependency.alias,
  };
}

/** The annotations of the manifest: from what the chart says of itself, and its own, which may not change title and version. */
function annotationsOf(metadata: ChartMetadata, created: Date | undefined): Record<string, string> {
  const authors = (metadata.maintainers ?? [])
    .map(({ name = '', email }) => `${name}${email === undefined ? '' : ` (${email})`}`)
    .join(', ');
  const about: readonly (readonly [string, string | undefined])[] = [
    ['description', metadata.description],
    ['url', metadata.home],
    ['created', created?.toISOString().replace(/\.\d+Z$/, 'Z')],
    ['source', metadata.sources?.[0]],
    ['authors', authors],
  ];
  const annotations = new Map<string, string>();
  for (const [name, value] of about) if (value !== undefined && value.trim() !== '') annotations.set(`${ANNOTATION}${name}`, value);
  for (const [name, value] of Object.entries(metadata.annotations ?? {})) annotations.set(name, value);
  annotations.set(`${ANNOTATION}title`, metadata.name).set(`${ANNOTATION}version`, metadata.version);
  return Object.fromEntries(annotations);
}

function listOf<T>(list: readonly T[] | null | undefined): readonly T[] | undefined {
  return list == null || list.length === 0 ? undefined : list;
}

function sorted(map: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => compareText(a, b)));
}

/** JSON as Go writes it. */
function goJson(value: object): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
