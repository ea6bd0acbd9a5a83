import { parseYaml } from '../../../config/yaml-source.ts';
import { MirrorError } from '../../../core/errors.ts';

/** A map of a YAML file, without anything inherited. */
export type YamlMap = Readonly<Record<string, unknown>>;

/** A number without quotes that Helm, which reads it as a number, writes otherwise: a tag 1.10 becomes 1.1. */
export class UnquotedNumber {
  readonly written: string;

  constructor(written: string) {
    this.written = written;
  }
}

/** From here on, Helm writes numbers with an exponent. */
const EXPONENT_FROM = 1e6;

/**
 * Reads a YAML file of a chart, where numbers are texts, or UnquotedNumber where their text does not survive Helm. Throws LIST_INVALID.
 * @param what names the file in errors.
 */
export function parseChartYaml(bytes: Uint8Array, what: string): unknown {
  const { value, syntax } = parseYaml(new TextDecoder().decode(bytes), {
    numbersIn: [[]],
    number: (written, number) => (String(number) === written && Math.abs(number) < EXPONENT_FROM ? written : new UnquotedNumber(written)),
  });
  const [first] = syntax;
  if (first === undefined) return value;
  throw new MirrorError('LIST_INVALID', `${what}:${first.position.line}:${first.position.column}: ${first.message}`);
}

/** Whether a value is a map, and no list or scalar. */
export function isYamlMap(value: unknown): value is YamlMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof UnquotedNumber);
}

/** What is at a key of a map; undefined where there is none. */
export function entryOf(value: unknown, key: string): unknown {
  return isYamlMap(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** Two maps as one, where the second one's values take precedence, in maps within as well; null takes a value away (as Helm coalesces values). */
export function mergeValues(below: unknown, above: unknown): unknown {
  if (above === undefined) return below;
  if (!isYamlMap(below) || !isYamlMap(above)) return above;
  const merged = new Map(Object.entries(below));
  for (const [key, value] of Object.entries(above)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergeValues(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}
