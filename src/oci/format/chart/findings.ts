import { isMirrorError } from '../../../core/errors.ts';
import type { SourceProblem } from '../../content.ts';
import { formatReference, type ImageReference, parseReference } from '../reference.ts';

/** An image that a chart names. */
export interface ChartImage {
  readonly reference: ImageReference;
  /** Every place where it was found, such as `app-1.0.0.tgz/values.yaml: sidecar.image`. */
  readonly where: readonly string[];
}

/** Collects what is found in a chart: each image once. */
export class ChartFindings {
  readonly #images = new Map<string, { readonly reference: ImageReference; readonly where: Set<string> }>();
  readonly #problems = new Map<string, SourceProblem>();

  /** Takes an image by its name; a name that is none is a problem. */
  image(name: string, where: string): void {
    try {
      const reference = parseReference(name);
      const key = formatReference(reference);
      const found = this.#images.get(key) ?? { reference, where: new Set<string>() };
      found.where.add(where);
      this.#images.set(key, found);
    } catch (error) {
      if (!isMirrorError(error)) throw error;
      this.problem(where, error.message);
    }
  }

  problem(where: string, reason: string): void {
    this.#problems.set(`${where}\n${reason}`, { what: where, reason });
  }

  /** Sorted by name. */
  get images(): ChartImage[] {
    const sorted = [...this.#images].sort(([a], [b]) => (a < b ? -1 : 1));
    return sorted.map(([, { reference, where }]) => ({ reference, where: [...where] }));
  }

  get problems(): SourceProblem[] {
    return [...this.#problems.values()];
  }
}
