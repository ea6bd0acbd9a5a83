import { createHash } from 'node:crypto';
import { publicationFamily, publicationPath, publicationSources } from '../config/publications.ts';
import type { PublicationConfig } from '../config/schema.ts';
import { counted } from '../core/counts.ts';
import { isMirrorError, MirrorError } from '../core/errors.ts';
import { unknownName } from '../core/names.ts';
import type { PublishedComponent } from '../family/family.ts';
import type { Signer } from '../openpgp/types.ts';
import type { MirrorContents, PackageList, PublicationState, StoredPackage } from '../store/catalogue.ts';
import { acquireLock } from '../store/locks.ts';
import type { OperationContext } from './context.ts';
import { familyNamed } from './families.ts';
import { combinedTrust, generationInputs, type PublicationTrust, writeGeneration } from './generation.ts';
import { mergePackages } from './merge.ts';
import { publicationParts } from './names.ts';
import type { PublicationReport, PublishReport } from './report.ts';
import { loadSigner } from './signing.ts';

const DEFAULT_COMPONENT = 'main';
/** For another publication at the same path, in milliseconds. */
const LONGEST_WAIT = 600_000;

export interface PublishOptions {
  /** Says what would be published and changes nothing. */
  readonly dryRun?: boolean | undefined;
  /** The packages of this kept generation again, as a new generation with a new date, in place of what the sources have now. */
  readonly generation?: number | undefined;
}

/**
 * Publishes some publications of the configuration, each as a new generation in one atomic step; one whose content would be the same stays
 * as it is. One that fails stays as it was and does not stop the others. Throws NAME_UNKNOWN, KEY_*, and ABORTED when the signal came.
 */
export async function publish(names: readonly string[], context: OperationContext, options: PublishOptions = {}): Promise<PublishReport> {
  for (const name of names) {
    if (context.config.publications[name] === undefined) throw unknownName('publication', name, Object.keys(context.config.publications));
  }
  const signer = await loadSigner(context.config);
  const publications: PublicationReport[] = [];
  for (const name of names) {
    const before = context.catalogue.publication(name);
    try {
      publications.push(await publishOne(name, { signer, dryRun: options.dryRun === true, generation: options.generation }, context));
    } catch (error) {
      if (!isMirrorError(error) || error.code === 'ABORTED') throw error;
      context.report({ type: 'failed', subject: name, code: error.code, message: error.message, hint: error.hint });
      publications.push({ ...reportOf(name, before), status: 'failed', error });
    }
  }
  return { publications };
}

/** Takes a publication off the server; its packages stay. Throws NAME_UNKNOWN and LOCKED. */
export async function dropPublication(name: string, { catalogue, storage }: OperationContext): Promise<void> {
  const names = catalogue.publications().map((state) => state.name);
  if (!names.includes(name)) throw unknownName('publication', name, names);
  const lock = await acquireLock(storage, `publication-${name}`, `dropping ${name}`);
  try {
    catalogue.dropPublication(name);
  } finally {
    lock.release();
  }
}

interface PublishSettings {
  readonly signer: Signer | undefined;
  readonly dryRun: boolean;
  readonly generation: number | undefined;
}

/** What is to be published. */
interface Content {
  readonly components: readonly PublishedComponent[];
  readonly parts: readonly { readonly component: string; readonly list: PackageList }[];
  readonly trust: PublicationTrust;
}

async function publishOne(name: string, settings: PublishSettings, context: OperationContext): Promise<PublicationReport> {
  const { config, storage, signal } = context;
  const publication = config.publications[name];
  if (publication === undefined) throw unknownName('publication', name, Object.keys(config.publications));
  refuseUnavailable(name, publication);
  const lock = await acquireLock(storage, `publication-${name}`, `publishing ${name}`);
  try {
    // Publications may share a path: what one has there is looked at before the other puts its own there.
    const place = `path-${sha256Hex(publicationPath(name, publication)).slice(0, 16)}`;
    using _ = await acquireLock(storage, place, `publishing ${name}`, { waitMs: LONGEST_WAIT, signal });
    return await publishLocked(name, publication, settings, context);
  } finally {
    lock.release();
  }
}

function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function publishLocked(
  name: string,
  publication: PublicationConfig,
  { signer, dryRun, generation }: PublishSettings,
  context: OperationContext,
): Promise<PublicationReport> {
  const { catalogue, config, report } = context;
  const before = catalogue.publication(name);
  report({ type: 'phase', subject: name, phase: 'select' });
  const content = generation === undefined ? currentContent(name, publication, context) : earlierContent(name, generation, context);
  const packages = content.parts.reduce((sum, { list }) => sum + list.count, 0);
  const inputs = generationInputs(context, { name, publication, signer, ...content });
  if (before?.generation.inputs === inputs) {
    report({ type: 'done', subject: name, summary: `unchanged, generation ${before.generation.number}` });
    return { ...reportOf(name, before), status: 'unchanged' };
  }
  const number = Math.max(0, ...catalogue.generations(name).map((kept) => kept.number)) + 1;
  if (dryRun) {
    const bytes = content.parts.reduce((sum, { list }) => sum + list.bytes, 0);
    return { name, status: 'planned', generation: number, digest: '', packages, bytes };
  }
  const family = familyNamed(publicationFamily(config, name));
  const state = await writeGeneration({ name, publication, family, ...content, signer, before, number, inputs }, context);
  report({ type: 'done', subject: name, summary: `generation ${number}, ${counted(packages, 'package')}` });
  return { ...reportOf(name, state), status: 'published' };
}

/** What the sources have now, merged. */
function currentContent(name: string, publication: PublicationConfig, context: OperationContext): Content {
  const { catalogue, config } = context;
  const sources = syncedSources(name, publication, context);
  const components = mergedComponents(name, sources, context);
  const parts = components.map((component) => {
    const ids = component.packages.map((entry) => entry.id);
    return { component: component.name, list: catalogue.saveList(publicationFamily(config, name), ids) };
  });
  return { components, parts, trust: combinedTrust([...sources.values()]) };
}

/** What a kept generation was made from. */
function earlierContent(name: string, number: number, { catalogue }: OperationContext): Content {
  const state = catalogue.publicationAt(name, number);
  if (state === undefined) {
    const kept = catalogue.generations(name).map((generation) => generation.number);
    throw new MirrorError('USAGE', `publication "${name}" has no generation ${number}`, {
      hint: kept.length === 0 ? 'It was never published.' : `There are: ${kept.join(', ')}.`,
    });
  }
  const parts = state.generation.parts.map(({ component, list: id }) => {
    const list = catalogue.list(id);
    if (list === undefined)
      throw new MirrorError('BLOB_CORRUPT', `the packages of generation ${number} of "${name}" are not in the state database`);
    return { component, list };
  });
  const components = parts.map(({ component, list }) => ({ name: component, packages: [...catalogue.packages(list.id)] }));
  const { verified, packagesSigned, packageKeys } = state;
  return { components, parts, trust: { verified, packagesSigned, packageKeys } };
}

/** What DESIGN promises and this version does not do is refused, not passed over. */
function refuseUnavailable(name: string, publication: PublicationConfig): void {
  const refuse = (setting: string, instead: string): MirrorError =>
    new MirrorError('NOT_AVAILABLE', `publication "${name}": ${setting} is not available in this version`, { hint: `Use ${instead}.` });
  if (publication.metadata === 'verbatim') throw refuse('metadata: verbatim', 'metadata: regenerate');
  if (publication.export === 'tree') throw refuse('export: tree', '`mirror serve`, and export: none');
}

/** The mirrors that a publication is made from, with what they have. */
function syncedSources(name: string, publication: PublicationConfig, { catalogue, config }: OperationContext): Map<string, MirrorContents> {
  const sources = new Map<string, MirrorContents>();
  const missing: string[] = [];
  for (const source of publicationSources(publication)) {
    const state = catalogue.mirror(source);
    const mirror = config.mirrors[source];
    if (mirror === undefined) {
      throw new MirrorError('NOT_AVAILABLE', `publication "${name}": local repos such as "${source}" cannot be published in this version`, {
        hint: 'Publish mirrors only.',
      });
    }
    // The name may have stood for a mirror of the other family before.
    if (state?.contents === undefined || state.family !== mirror.type) missing.push(source);
    else sources.set(source, state.contents);
  }
  if (missing.length > 0) {
    throw new MirrorError('NEVER_SYNCED', `publication "${name}": ${missing.join(', ')} has no packages yet`, {
      hint: `Run \`mirror sync ${missing.join(' ')}\` first.`,
    });
  }
  return sources;
}

function mergedComponents(
  name: string,
  sources: ReadonlyMap<string, MirrorContents>,
  { catalogue, config }: OperationContext,
): PublishedComponent[] {
  const { compareVersions } = familyNamed(publicationFamily(config, name));
  const rule = config.publications[name]?.merge ?? 'replace';
  const packagesOf = (source: string): StoredPackage[] => {
    const list = sources.get(source)?.list;
    return list === undefined ? [] : [...catalogue.packages(list.id)];
  };
  return publicationParts(config, name).map(({ component, sources: names }) => ({
    name: component ?? DEFAULT_COMPONENT,
    packages: mergePackages(names.map(packagesOf), rule, compareVersions),
  }));
}

function reportOf(name: string, state: PublicationState | undefined): Omit<PublicationReport, 'status'> {
  return {
    name,
    generation: state?.generation.number ?? 0,
    digest: state?.generation.digest ?? '',
    packages: state?.packages ?? 0,
    bytes: state?.bytes ?? 0,
  };
}
