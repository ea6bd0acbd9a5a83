import { createHash } from 'node:crypto';
import { publicationFamily, publicationPath, publicationSources } from '../config/publications.ts';
import type { PublicationConfig } from '../config/schema.ts';
import { counted } from '../core/counts.ts';
import { isMirrorError, MirrorError } from '../core/errors.ts';
import { unknownName } from '../core/names.ts';
import type { PublishedComponent } from '../family/family.ts';
import type { Signer } from '../openpgp/types.ts';
import type { MirrorContents, PublicationState, StoredPackage } from '../store/catalogue.ts';
import { acquireLock } from '../store/locks.ts';
import type { OperationContext } from './context.ts';
import { familyNamed } from './families.ts';
import { generationInputs, writeGeneration } from './generation.ts';
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
      publications.push(await publishOne(name, { signer, dryRun: options.dryRun === true }, context));
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
  { signer, dryRun }: PublishSettings,
  context: OperationContext,
): Promise<PublicationReport> {
  const { catalogue, config, report } = context;
  const before = catalogue.publication(name);
  report({ type: 'phase', subject: name, phase: 'select' });
  const sources = syncedSources(name, publication, context);
  const family = familyNamed(publicationFamily(config, name));
  const components = mergedComponents(name, sources, context);
  const parts = components.map((component) => ({
    component: component.name,
    list: catalogue.saveList(
      family.name,
      component.packages.map((entry) => entry.id),
    ),
  }));
  const packages = components.reduce((sum, component) => sum + component.packages.length, 0);
  const bytes = parts.reduce((sum, { list }) => sum + list.bytes, 0);
  const inputs = generationInputs(context, { name, publication, parts, sources: [...sources.values()], signer });
  if (before?.generation.inputs === inputs) {
    report({ type: 'done', subject: name, summary: `unchanged, generation ${before.generation.number}` });
    return { ...reportOf(name, before), status: 'unchanged' };
  }
  const number = (before?.generation.number ?? 0) + 1;
  if (dryRun) return { name, status: 'planned', generation: number, digest: '', packages, bytes };
  const state = await writeGeneration(
    { name, publication, family, components, parts, sources: [...sources.values()], signer, before, number, inputs },
    context,
  );
  report({ type: 'done', subject: name, summary: `generation ${number}, ${counted(packages, 'package')}` });
  return { ...reportOf(name, state), status: 'published' };
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
    if (config.mirrors[source] === undefined) {
      throw new MirrorError('NOT_AVAILABLE', `publication "${name}": local repos such as "${source}" cannot be published in this version`, {
        hint: 'Publish mirrors only.',
      });
    }
    if (state?.contents === undefined) missing.push(source);
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
