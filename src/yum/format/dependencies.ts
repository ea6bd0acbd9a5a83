import { compareEvr, type Evr, formatEvr, normalEpoch } from './version.ts';

/** Bits of a relation: any of them may be set together, none means any version. */
export const LESS = 2;
export const GREATER = 4;
export const EQUAL = 8;

/** A name with a range of versions, provided or required. */
export interface Capability {
  readonly name: string;
  /** LESS, GREATER and EQUAL; 0 for any version. */
  readonly flags: number;
  /** Undefined exactly when `flags` is 0. */
  readonly evr: Evr | undefined;
}

const FLAGS: Readonly<Record<string, number>> = { LT: LESS, GT: GREATER, EQ: EQUAL, LE: LESS | EQUAL, GE: GREATER | EQUAL };
const OPERATORS: Readonly<Record<string, number>> = {
  '<': LESS,
  '>': GREATER,
  '=': EQUAL,
  '==': EQUAL,
  '<=': LESS | EQUAL,
  '>=': GREATER | EQUAL,
};

/** The bits that metadata writes as LT, GT, EQ, LE or GE. 0 for everything else. */
function flagsOf(text: string | undefined): number {
  return (text !== undefined && Object.hasOwn(FLAGS, text) ? FLAGS[text] : undefined) ?? 0;
}

/** The bits of an operator such as `>=`; undefined when it is none. */
export function flagsOfOperator(text: string): number | undefined {
  return Object.hasOwn(OPERATORS, text) ? OPERATORS[text] : undefined;
}

/** A capability from the attributes of an `rpm:entry`. */
export function capability(
  name: string,
  flags: string | undefined,
  evr: Partial<Record<'epoch' | 'ver' | 'rel', string | undefined>>,
): Capability {
  const bits = flagsOf(flags);
  if (bits === 0 || evr.ver === undefined) return { name, flags: 0, evr: undefined };
  return { name, flags: bits, evr: { epoch: normalEpoch(evr.epoch), version: evr.ver, release: evr.rel === '' ? undefined : evr.rel } };
}

/** As spec files write it: `name`, or `name >= 1:2-3`. */
export function formatCapability({ name, flags, evr }: Capability): string {
  if (flags === 0 || evr === undefined) return name;
  const operator = `${(flags & LESS) !== 0 ? '<' : ''}${(flags & GREATER) !== 0 ? '>' : ''}${(flags & EQUAL) !== 0 ? '=' : ''}`;
  return `${name} ${operator} ${formatEvr(evr)}`;
}

/**
 * Whether two ranges of versions have one in common, as rpm decides it (rpmds overlap). Names are not compared. A release that one side
 * lacks matches every release where that side includes equality.
 */
export function rangesOverlap(a: Capability, b: Capability): boolean {
  if (a.evr === undefined || b.evr === undefined) return true;
  const order = compareEvr(a.evr, b.evr);
  if (order === 0 && (a.evr.release === undefined) !== (b.evr.release === undefined)) {
    const withoutRelease = a.evr.release === undefined ? a : b;
    if ((withoutRelease.flags & EQUAL) !== 0) return true;
  }
  if (order < 0) return (a.flags & GREATER) !== 0 || (b.flags & LESS) !== 0;
  if (order > 0) return (a.flags & LESS) !== 0 || (b.flags & GREATER) !== 0;
  return (a.flags & b.flags) !== 0;
}
