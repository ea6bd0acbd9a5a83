import { createHash } from 'node:crypto';
import { publicationPath, publicationRenewal } from '../config/publications.ts';
import type { PublicationConfig } from '../config/schema.ts';
import { counted } from '../core/counts.ts';
import { isMirrorError, MirrorError } from '../core/errors.ts';
import { failedEvent } from '../core/events.ts';
import { unknownName } from '../core/names.ts';
import type { Signer } from '../openpgp/types.ts';
import type { PublicationState } from '../store/catalogue.ts';
import { acquireLock } from '../store/locks.ts';
import type { OperationContext } from './context.ts';
import { familyNamed } from './families.ts';
import { CLOCK_TOLERANCE, generationInputs, writeGeneration } from './generation.ts';
import { type ContentChoice, contentToPublish, type SnapshotChoice } from './publication-content.ts';
import type { PublicationReport, PublishReport } from './report.ts';
import { loadSigner } from './signing.ts';

/** For another publication at the same path, in milliseconds. */
const LONGEST_WAIT = 600_000;

export interface PublishOptions {
  /** Says what would be published and changes nothing. */
  readonly dryRun?: boolean | undefined;
  /** The packages of this kept generation again, as a new generation with a new date, in place of what the sources have now. */
  readonly generation?: number | undefined;
  /** What is published now again, newly dated, in place of what the sources have now. */
  readonly renew?: boolean | undefined;
  /** Snapshots in place of the sources that the configuration names. */
  readonly snapshots?: readonly SnapshotChoice[] | undefined;
}

/**
 * Publishes some publications of the configuration, each as a new generation in one atomic step; one whose content would be the same stays
 * as it is, unless half of the time has passed for which clients may use it. One that fails stays as it was and does not stop the others. Throws NAME_UNKNOWN, KEY_*, and ABORTED when the signal came.
 */
export async function publish(names: readonly string[], context: OperationContext, options: PublishOptions = {}): Promise<PublishReport> {
  for (const name of names) {
    if (context.config.publications[name] === undefined) throw unknownName('publication', name, Object.keys(context.config.publications));
  }
  const signed = names.filter((name) => context.config.publications[name]?.metadata !== 'verbatim');
  const signer = signed.length === 0 ? undefined : await loadSigner(context.config);
  const publications: PublicationReport[] = [];
  for (const name of names) {
    const before = context.catalogue.publication(name);
    try {
      const { dryRun = false, generation, renew = false, snapshots = [] } = options;
      publications.push(await publishOne(name, { signer, dryRun, generation, renew, snapshots }, context));
    } catch (error) {
      if (!isMirrorError(error) || error.code === 'ABORTED') throw error;
      context.report(failedEvent(name, error));
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

interface PublishSettings extends ContentChoice {
  readonly signer: Signer | undefined;
  readonly dryRun: boolean;
}

async function publishOne(name: string, settings: PublishSettings, context: OperationContext): Promise<PublicationReport> {
  const { config, storage, signal } = context;
  const publication = config.publications[name];
  if (publication === undefined) throw unknownName('publication', name, Object.keys(config.publications));
  if (publication.export === 'tree') throw unavailable(name, 'export: tree', '`mirror serve`, and export: none');
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

/** What the design promises and this version does not do is refused, not passed over. */
function unavailable(name: string, setting: string, instead: string): MirrorError {
  return new MirrorError('NOT_AVAILABLE', `publication "${name}": ${setting} is not available in this version`, {
    hint: `Use ${instead}.`,
  });
}

function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function publishLocked(
  name: string,
  publication: PublicationConfig,
  settings: PublishSettings,
  context: OperationContext,
): Promise<PublicationReport> {
  const { catalogue, report } = context;
  const { dryRun, renew } = settings;
  // Metadata that is published as it is has its own signature.
  const signer = publication.metadata === 'verbatim' ? undefined : settings.signer;
  const before = catalogue.publication(name);
  report({ type: 'phase', subject: name, phase: 'select' });
  const { family, ...content } = await contentToPublish(name, publication, settings, context);
  const packages = content.parts.reduce((sum, { list }) => sum + list.count, 0);
  const inputs = generationInputs(context, { name, publication, signer, ...content });
  if (before?.generation.inputs === inputs && !isDue(publication, before, { renew, now: context.publicationClock.now() })) {
    warnOfFuture(before, context);
    report({ type: 'done', subject: name, summary: `unchanged, generation ${before.generation.number}` });
    return { ...reportOf(name, before), status: 'unchanged' };
  }
  const number = Math.max(0, ...catalogue.generations(name).map((kept) => kept.number)) + 1;
  if (dryRun) {
    const bytes = content.parts.reduce((sum, { list }) => sum + list.bytes, 0);
    return { name, status: 'planned', generation: number, digest: '', packages, bytes };
  }
  const made = { name, publication, family: familyNamed(family), ...content, signer, before, number, inputs };
  const state = await writeGeneration(made, context);
  report({ type: 'done', subject: name, summary: `generation ${number}, ${counted(packages, 'package')}` });
  return { ...reportOf(name, state), status: 'published' };
}

/** A clock that was ahead for a while leaves metadata that no apt takes, though there is nothing to be changed in it. */
function warnOfFuture({ name, generation }: PublicationState, { publicationClock, report }: OperationContext): void {
  const now = publicationClock.now().getTime();
  if (generation.publishedAt - now <= CLOCK_TOLERANCE) return;
  const [published, current] = [generation.publishedAt, now].map((time) => new Date(time).toISOString());
  const message = `it was published at ${published}, but the clock of this machine says ${current}: clients refuse what is of the future`;
  report({ type: 'warning', subject: name, message });
}

/** Whether what is published is to be published again though it would be the same but for its date. */
function isDue(
  publication: PublicationConfig,
  { generation }: PublicationState,
  { renew, now }: { readonly renew: boolean; readonly now: Date },
): boolean {
  if (publication.metadata === 'verbatim') return false;
  return renew || (publicationRenewal(publication, generation.publishedAt) ?? Number.POSITIVE_INFINITY) <= now.getTime();
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
