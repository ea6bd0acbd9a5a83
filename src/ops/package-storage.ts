import type { Blob } from '../store/blobs.ts';
import type { PackageExtra } from '../store/catalogue.ts';
import type { OperationContext } from './context.ts';
import { familyOf } from './families.ts';
import { fileCount, type PackagePlan } from './package-plan.ts';

/** Packages that are stored in one transaction while files still come in. */
const PACKAGES_AT_ONCE = 2000;
/** Extras that are written in one transaction, and bytes of them. */
const EXTRAS_AT_ONCE = 5000;
const EXTRA_BYTES_AT_ONCE = 4 * 1024 * 1024;

/**
 * Stores the packages of a plan, in its order, and what else their metadata says, also while the files of others still come in. Packages go by their
 * index in the selection.
 */
export class PackageStorage {
  readonly #plan: PackagePlan;
  readonly #context: OperationContext;
  /** Of each package that is not stored yet, as far as they have come. */
  readonly #files: (Blob | undefined)[][];
  /** Of the packages that are stored: these are the first ones. */
  readonly #ids: number[] = [];
  /** How many of the first packages have all of their files. */
  #ready = 0;
  #complete = false;
  #failure: { readonly error: unknown } | undefined;
  #changed: (() => void) | undefined;

  constructor(plan: PackagePlan, context: OperationContext) {
    this.#plan = plan;
    this.#context = context;
    this.#files = plan.selection.selected.map((candidate) => Array.from({ length: fileCount(candidate) }));
  }

  /** A file of a package is durable, and nothing about it is left to be checked. Never throws: `finish` does. */
  add(index: number, file: number, blob: Blob): void {
    const files = this.#files[index];
    if (files === undefined || index < this.#ready) return;
    files[file] = blob;
    while (this.#files[this.#ready]?.includes(undefined) === false) this.#ready++;
    if (this.#ready - this.#ids.length >= PACKAGES_AT_ONCE) this.#store();
  }

  /** Stores the packages that are not stored yet; each has been added. Gives the ids of all. */
  finish(): readonly number[] {
    this.#store();
    this.end();
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#ids.length < this.#files.length) throw new Error(`no file was brought for package ${this.#ids.length} of the selection`);
    return this.#ids;
  }

  /** No more packages will be added. */
  end(): void {
    this.#complete = true;
    this.#changed?.();
  }

  /** Stores the extras of some packages, each once its package is stored; ends early when that will not be any more. */
  async storeExtras(indexes: readonly number[]): Promise<void> {
    const plan = this.#plan;
    const candidates = plan.selection.selected;
    const family = familyOf(plan.mirror.config);
    for (const [name, own] of Map.groupBy(indexes, (index) => candidates[index]?.mirror ?? '')) {
      const upstream = plan.states.get(name)?.upstream;
      if (upstream === undefined) continue;
      const wanted = own.flatMap((index) => candidates[index] ?? []);
      const batch = new ExtraBatch(this.#context, upstream.verification.metadata);
      for await (const { index, kind, data } of family.extras(wanted, upstream, this.#context.blobs)) {
        const place = own[index];
        if (place === undefined) continue;
        const id = this.#ids[place] ?? (await this.#stored(place));
        if (id === undefined) return;
        batch.add({ id, kind, data });
      }
      batch.write();
    }
  }

  /** The id of a package once it is stored; undefined when it will not be. */
  async #stored(index: number): Promise<number | undefined> {
    while (this.#ids[index] === undefined && !this.#complete) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
    return this.#ids[index];
  }

  /** Stores the packages that have all of their files. */
  #store(): void {
    const first = this.#ids.length;
    if (first === this.#ready || this.#failure !== undefined) return;
    const family = familyOf(this.#plan.mirror.config);
    const candidates = this.#plan.selection.selected.slice(first, this.#ready);
    try {
      const records = candidates.map((candidate, index) => {
        const [file, ...further] = (this.#files[first + index] ?? []).filter((blob) => blob !== undefined);
        if (file === undefined) throw new Error(`${candidate.name} has no file`);
        return family.record(candidate, file, further);
      });
      this.#ids.push(...this.#context.catalogue.addPackages(family.name, records));
    } catch (error) {
      this.#failure = { error };
      this.#complete = true;
    }
    this.#changed?.();
  }
}

/** Extras that are written together. */
class ExtraBatch {
  readonly #context: OperationContext;
  readonly #replace: boolean;
  #extras: PackageExtra[] = [];
  #bytes = 0;

  constructor(context: OperationContext, replace: boolean) {
    this.#context = context;
    this.#replace = replace;
  }

  add(extra: PackageExtra): void {
    this.#extras.push(extra);
    this.#bytes += extra.data.length;
    if (this.#extras.length >= EXTRAS_AT_ONCE || this.#bytes >= EXTRA_BYTES_AT_ONCE) this.write();
  }

  write(): void {
    if (this.#extras.length > 0) this.#context.catalogue.addExtras(this.#extras, { replace: this.#replace });
    this.#extras = [];
    this.#bytes = 0;
  }
}
