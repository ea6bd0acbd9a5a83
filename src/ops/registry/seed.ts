import { isMirrorError, type MirrorError } from '../../core/errors.ts';
import { failedEvent } from '../../core/events.ts';
import { destinationOf, type NamingConvention } from '../../oci/format/destination.ts';
import type { Platform } from '../../oci/format/platform.ts';
import { failedImage, type SeededImage, type SeedReport } from '../../oci/seed/report.ts';
import { type SeedOptions, seedImages } from '../../oci/seed/seed.ts';
import type { SeedTarget } from '../../oci/seed/target.ts';
import type { OperationContext } from '../context.ts';
import { type PendingSource, pendingSources, readPlan } from './open-sources.ts';
import { createRegistries, type RegistryAccess } from './registries.ts';
import type { OpenedSource } from './source-images.ts';
import { parseTarget, type TargetPlace } from './target-argument.ts';
import { createSignatureCheck } from './verify-signed.ts';
import { withTarget } from './with-target.ts';

export interface SeedSettings extends RegistryAccess {
  /** `[http://]HOST[:PORT][/PATH]`; that of the plan file, the configuration's, or the embedded registry, where it is left out. */
  readonly target?: string | undefined;
  /** A further path in front of every repository. */
  readonly path?: string | undefined;
  readonly convention: NamingConvention;
  /** Empty for all. */
  readonly platforms: readonly Platform[];
  readonly referrers: boolean;
  readonly dryRun: boolean;
  readonly planFile?: string | undefined;
  /** What paths are relative to. */
  readonly directory: string;
}

/**
 * Seeds images, charts and bundles into a registry; what the configuration lists for no sources. What fails does not stop the rest: it is in the report.
 * Throws USAGE, REFERENCE_INVALID, LOCKED where another seeding into the embedded registry is under way, and ABORTED.
 */
export async function seedRegistry(texts: readonly string[], context: OperationContext, settings: SeedSettings): Promise<SeedReport> {
  const plan = settings.planFile === undefined ? undefined : await readPlan(settings.planFile, settings.directory);
  const place = parseTarget(settings.target ?? plan?.registry?.server ?? context.config.registry?.target, settings.path);
  const registries = createRegistries(context, settings);
  try {
    return await withTarget(place, { context, registries }, async (target, embedded) => {
      const run = new SeedRun({ context, settings, target, place });
      const sources = pendingSources(texts, context, {
        ...settings,
        plan,
        registries,
        // A dry run leaves nothing behind.
        sink: settings.dryRun ? undefined : embedded?.sink,
        onRead: (bytes) => run.read(bytes),
      });
      for (const source of sources) await run.seed(source);
      return { target: run.name, images: run.images };
    });
  } finally {
    await registries.close();
  }
}

interface RunParts {
  readonly context: OperationContext;
  readonly settings: SeedSettings;
  readonly target: SeedTarget;
  readonly place: TargetPlace;
}

class SeedRun {
  readonly images: SeededImage[] = [];
  readonly name: string;
  readonly #parts: RunParts;
  readonly #holders = new Map<string, string>();
  readonly #claims = new Map<string, string>();
  readonly #checkSignature: ReturnType<typeof createSignatureCheck>;
  #subject = '';
  #read = 0;

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.#checkSignature = createSignatureCheck(() => parts.context.clock.now());
    const { path, registry } = parts.place;
    this.name = path === '' ? parts.target.name : `${parts.target.name}${registry === undefined ? ', ' : '/'}${path}`;
  }

  /** Tells how much of an archive was read. */
  read(bytes: number): void {
    this.#read += bytes;
    const { report } = this.#parts.context;
    report({
      type: 'progress',
      subject: this.#subject,
      phase: 'read',
      items: 0,
      totalItems: undefined,
      bytes: this.#read,
      totalBytes: undefined,
    });
  }

  async seed(pending: PendingSource): Promise<void> {
    const { report } = this.#parts.context;
    this.#subject = pending.name;
    this.#read = 0;
    report({ type: 'phase', subject: pending.name, phase: 'read' });
    const before = this.images.length;
    try {
      if (!(await this.#isThere(pending))) await this.#seedAnew(pending);
    } catch (error) {
      if (!isMirrorError(error) || error.code === 'ABORTED') throw error;
      this.#failed(pending.name, pending.name, error);
    }
    const failed = this.images.slice(before).filter(({ status }) => status === 'failed').length;
    if (failed === 0) report({ type: 'done', subject: pending.name, summary: summaryOf(this.images.slice(before)) });
  }

  /** Whether all of an archive that was seeded before is there, by what was noted of it. */
  async #isThere(pending: PendingSource): Promise<boolean> {
    // Whoever opens it says why it cannot be read.
    const remembered = await pending.remembered?.().catch(() => undefined);
    if (remembered === undefined || remembered.source.problems.length > 0) return false;
    const found = await seedImages(remembered.source, { ...this.#optionsFor(remembered), dryRun: true, onImage: () => undefined });
    if (found.some(({ status }) => status !== 'unchanged')) return false;
    this.images.push(...found);
    return true;
  }

  async #seedAnew(pending: PendingSource): Promise<void> {
    const opened = await pending.open();
    try {
      const { source, failures } = opened;
      for (const { what, error } of failures) this.#failed(source.name, what, error);
      this.#parts.context.report({ type: 'phase', subject: this.#subject, phase: 'transfer', detail: `to ${this.name}` });
      this.images.push(...(await seedImages(source, this.#optionsFor(opened))));
      if (!this.#parts.settings.dryRun) await pending.note?.();
    } finally {
      await opened.source.close();
    }
  }

  #optionsFor({ wish }: OpenedSource): SeedOptions {
    const { context, settings, target, place } = this.#parts;
    const { report, signal, config } = context;
    return {
      target,
      signal,
      dryRun: settings.dryRun,
      concurrency: config.http.concurrency,
      holders: this.#holders,
      claims: this.#claims,
      destination: (image) => destinationOf(image.reference, { convention: settings.convention, prefix: place.path, as: wish(image).as }),
      wanted: (image) => {
        const { platforms } = wish(image);
        return { platforms: platforms.length > 0 ? platforms : settings.platforms, referrers: settings.referrers };
      },
      verify: (image) => this.#checkSignature(image, wish(image).verify),
      onProgress: ({ images, totalImages, bytes, totalBytes }) =>
        report({ type: 'progress', subject: this.#subject, phase: 'transfer', items: images, totalItems: totalImages, bytes, totalBytes }),
      onImage: ({ image, error }) => {
        if (error !== undefined) report(failedEvent(image, error));
      },
    };
  }

  #failed(source: string, what: string, error: MirrorError): void {
    this.#parts.context.report(failedEvent(what, error));
    this.images.push(failedImage(source, what, error));
  }
}

function summaryOf(images: readonly SeededImage[]): string {
  const changed = images.filter(({ status }) => status !== 'unchanged').length;
  return changed === 0
    ? 'unchanged'
    : `${changed} of ${images.length} images ${images.some(({ status }) => status === 'planned') ? 'to seed' : 'seeded'}`;
}
