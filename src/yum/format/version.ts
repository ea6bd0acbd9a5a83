import { MirrorError } from '../../core/errors.ts';
import { compareText } from '../../core/order.ts';

/** A version as RPM has it. */
export interface Evr {
  /** Digits; `0` where none is given. */
  readonly epoch: string;
  readonly version: string;
  /** Undefined where none is given, which dependencies may do. */
  readonly release: string | undefined;
}

/** `[epoch:]version[-release]` taken apart: at the first colon after digits, and the last dash. */
export function parseEvr(text: string): Evr {
  const colon = /^(\d*):/.exec(text);
  const rest = colon === null ? text : text.slice(colon[0].length);
  const dash = rest.lastIndexOf('-');
  return {
    epoch: normalEpoch(colon?.[1]),
    version: dash === -1 ? rest : rest.slice(0, dash),
    release: dash === -1 ? undefined : rest.slice(dash + 1),
  };
}

/** `[epoch:]version-release`, epoch 0 left out. */
export function formatEvr(evr: Evr): string {
  const epoch = evr.epoch === '0' ? '' : `${evr.epoch}:`;
  return evr.release === undefined ? `${epoch}${evr.version}` : `${epoch}${evr.version}-${evr.release}`;
}

/** An epoch without leading zeros; missing, empty and `(none)` are 0. Throws METADATA_INVALID when it is no number of 32 bits. */
export function normalEpoch(epoch: string | undefined): string {
  if (epoch === undefined || epoch === '' || epoch === '(none)') return '0';
  if (!/^\d{1,10}$/.test(epoch) || Number(epoch) > 0xffffffff) {
    throw new MirrorError('METADATA_INVALID', `the epoch "${epoch.slice(0, 40)}" is not a number from 0 to 4294967295`);
  }
  return String(Number(epoch));
}

/** Compares two versions of packages, `[epoch:]version-release`, as rpm does; versions that are equal to it but written differently by their text. */
export function compareVersions(a: string, b: string): number {
  return compareEvr(parseEvr(a), parseEvr(b)) || compareText(a, b);
}

/** Epoch, then version, then release. Where one side has no release, releases are not compared. */
export function compareEvr(a: Evr, b: Evr): number {
  const byEpoch = Number(a.epoch) - Number(b.epoch);
  if (byEpoch !== 0) return byEpoch < 0 ? -1 : 1;
  const byVersion = rpmvercmp(a.version, b.version);
  if (byVersion !== 0 || a.release === undefined || b.release === undefined) return byVersion;
  return rpmvercmp(a.release, b.release);
}

const SEGMENT = /[0-9]+|[A-Za-z]+|[~^]/g;

/**
 * rpm's comparison of version or release strings: segments of digits or letters in turn, whatever separates them; `~` sorts before
 * everything, the end included, and `^` after the end and before everything else. -1, 0 or 1.
 */
export function rpmvercmp(a: string, b: string): -1 | 0 | 1 {
  if (a === b) return 0;
  const left = a.match(SEGMENT) ?? [];
  const right = b.match(SEGMENT) ?? [];
  const length = Math.max(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const order = compareSegments(left[index], right[index]);
    if (order !== 0) return order;
  }
  return 0;
}

/** Undefined stands for the end. */
function compareSegments(a: string | undefined, b: string | undefined): -1 | 0 | 1 {
  if (a === b) return 0;
  if (a === '~' || b === '~') return a === '~' ? -1 : 1;
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
  if (a === '^' || b === '^') return a === '^' ? -1 : 1;
  const aDigits = isDigit(a);
  if (aDigits !== isDigit(b)) return aDigits ? 1 : -1;
  return aDigits ? compareNumbers(a, b) : compareText(a, b);
}

function isDigit(segment: string): boolean {
  const code = segment.charCodeAt(0);
  return code >= 0x30 && code <= 0x39;
}

function compareNumbers(a: string, b: string): -1 | 0 | 1 {
  const left = a.replace(/^0+/, '');
  const right = b.replace(/^0+/, '');
  if (left.length !== right.length) return left.length < right.length ? -1 : 1;
  return compareText(left, right);
}
