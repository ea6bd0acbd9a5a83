import { entryOf, isYamlMap, UnquotedNumber, type YamlMap } from './chart-yaml.ts';
import type { ChartFindings } from './findings.ts';

/** Where in the values an image was found: keys from the root on. */
export type ValuesPath = readonly string[];

export interface ValuesContext {
  /** Names the values in messages. */
  readonly what: string;
  /** What charts take where a tag is empty. */
  readonly appVersion: string | undefined;
  /** The subcharts' own values, which are looked at with these. */
  readonly subcharts: ReadonlySet<string>;
}

/** Of values within values. */
const MAX_DEPTH = 40;
const IMAGE_KEY = /^image$|[a-z0-9]Image$/;
/** What is beside a repository that is one of images. */
const BESIDE_REPOSITORY = ['tag', 'digest', 'sha', 'registry', 'pullPolicy', 'imagePullPolicy'];

/**
 * Finds the images in a chart's values: maps of `registry`, `repository` (or `image`, `name`), `tag` and `digest`, and texts at keys such as `image`.
 * Parts that are switched off are looked at as well. Returns where they are.
 */
export function findValuesImages(values: unknown, context: ValuesContext, findings: ChartFindings): ValuesPath[] {
  const search = new ValuesSearch(values, context, findings);
  search.visit(values, []);
  return search.found;
}

class ValuesSearch {
  readonly found: ValuesPath[] = [];
  readonly #registry: unknown;
  readonly #context: ValuesContext;
  readonly #findings: ChartFindings;

  constructor(values: unknown, context: ValuesContext, findings: ChartFindings) {
    this.#registry = entryOf(entryOf(values, 'global'), 'imageRegistry');
    this.#context = context;
    this.#findings = findings;
  }

  visit(value: unknown, path: ValuesPath): void {
    if (path.length > MAX_DEPTH) return;
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) this.visit(item, [...path, String(index)]);
    } else if (isYamlMap(value)) {
      if (!this.#imageMap(value, path)) this.#inside(value, path);
    }
  }

  #inside(map: YamlMap, path: ValuesPath): void {
    for (const [key, value] of Object.entries(map)) {
      if (path.length === 0 && this.#context.subcharts.has(key)) continue;
      const here = [...path, key];
      const named = IMAGE_KEY.test(key) || path.at(-1) === 'images';
      if (typeof value === 'string' && named) this.#text(value, entryOf(map, `${key}Tag`) ?? entryOf(map, 'tag'), here);
      else this.visit(value, here);
    }
  }

  /** Whether a map is an image, found or not. */
  #imageMap(map: YamlMap, path: ValuesPath): boolean {
    const repository = repositoryOf(map, path);
    if (repository === undefined) return false;
    const registry = nonEmpty(entryOf(map, 'registry')) ?? nonEmpty(this.#registry);
    const digest = nonEmpty(entryOf(map, 'digest')) ?? nonEmpty(entryOf(map, 'sha'));
    const tag = nonEmpty(entryOf(map, 'tag'));
    const parts = [registry, repository, digest, tag];
    if (!this.#plain(parts, path)) return true;
    const [host, name, hash, version] = parts.map((part) => (typeof part === 'string' ? part : undefined));
    if (name === undefined) return true;
    this.#take([host, name].filter((part) => part !== undefined).join('/'), version, hash, path);
    return true;
  }

  #text(text: string, tag: unknown, path: ValuesPath): void {
    const name = text.trim();
    if (name === '' || name.includes('://')) return;
    const version = nonEmpty(tag);
    if (!this.#plain([name, version], path)) return;
    if (isComplete(name)) this.#take(name, undefined, undefined, path);
    else if (typeof version === 'string') this.#take(name, version, undefined, path);
    else this.#findings.problem(this.#where(path), `"${name}" has no tag that stands in the values`);
  }

  /** Adds a tag, or the chart's own version of what it installs, where the name has none. */
  #take(name: string, tag: string | undefined, digest: string | undefined, path: ValuesPath): void {
    const hash = digest === undefined || digest.includes(':') ? digest : `sha256:${digest}`;
    const named = isComplete(name);
    const version = tag ?? (hash === undefined && !named ? this.#context.appVersion : undefined);
    if (version === undefined && hash === undefined && !named) {
      this.#findings.problem(this.#where(path), `"${name}" has no tag, and the chart has no appVersion`);
      return;
    }
    const from = tag === undefined && version !== undefined ? ' (with appVersion for its tag)' : '';
    this.found.push(path);
    this.#findings.image(
      `${name}${version === undefined ? '' : `:${version}`}${hash === undefined ? '' : `@${hash}`}`,
      `${this.#where(path)}${from}`,
    );
  }

  /** Whether all parts are plain texts; otherwise what is wrong with the first is reported. */
  #plain(parts: readonly unknown[], path: ValuesPath): boolean {
    for (const part of parts) {
      if (part === undefined) continue;
      if (part instanceof UnquotedNumber) {
        this.#findings.problem(this.#where(path), `${part.written} is a number without quotes, which Helm does not keep as it is written`);
        return false;
      }
      if (typeof part !== 'string' || part.includes('{{')) {
        const shown = typeof part === 'string' ? part : 'something that is no text';
        this.#findings.problem(this.#where(path), `what is there is only known when Helm installs the chart: ${shown}`);
        return false;
      }
    }
    return true;
  }

  #where(path: ValuesPath): string {
    return `${this.#context.what}: ${path.join('.')}`;
  }
}

/** The repository of a map that is an image: what is also found for other purposes needs something beside it. */
function repositoryOf(map: YamlMap, path: ValuesPath): unknown {
  const hasOne = (keys: readonly string[]): boolean => keys.some((key) => Object.hasOwn(map, key));
  const underImage = /image$/i.test(path.at(-1) ?? '') || path.at(-2) === 'images';
  const repository = nonEmpty(entryOf(map, 'repository'));
  if (repository !== undefined && (underImage || hasOne(BESIDE_REPOSITORY)) && !isAddress(repository)) return repository;
  if (!hasOne(['tag', 'digest', 'registry'])) return undefined;
  const image = nonEmpty(entryOf(map, 'image'));
  if (typeof image === 'string' && !isAddress(image)) return image;
  const name = underImage ? nonEmpty(entryOf(map, 'name')) : undefined;
  return isAddress(name) ? undefined : name;
}

/** Whether a name has a tag or a digest. */
function isComplete(name: string): boolean {
  return name.includes('@') || name.lastIndexOf(':') > name.lastIndexOf('/');
}

function isAddress(value: unknown): boolean {
  return typeof value === 'string' && (value.includes('://') || value.startsWith('git@'));
}

function nonEmpty(value: unknown): unknown {
  return value === null || (typeof value === 'string' && value.trim() === '') ? undefined : value;
}
