import type { Measured } from '../support/measure.ts';
import { COMPARISONS, type StepName } from './comparisons.ts';

/** Every measurement of each step, by `side step`. */
export type Results = ReadonlyMap<string, readonly Measured[]>;

export function keyOf({ side, step }: StepName): string {
  return `${side} ${step}`;
}

/** A table in markdown: medians, each with the number of runs that it is of, and our part of the peer's. */
export function resultTable(results: Results): string {
  const head = ['step', 'mirror', 'peer', 'its time', 'time ratio', 'wanted', 'mirror memory', 'its memory'];
  const rows = COMPARISONS.map(({ what, ours, peer, peerName, target }) => {
    const mine = results.get(keyOf(ours)) ?? [];
    const theirs = results.get(keyOf(peer)) ?? [];
    const ratio = theirs.length === 0 ? '' : (seconds(mine) / seconds(theirs)).toFixed(3);
    return [what, time(mine), peerName, time(theirs), ratio, `≤ ${target}`, memory(mine), memory(theirs)];
  });
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function time(measured: readonly Measured[]): string {
  if (measured.length === 0) return 'not measured';
  return `${seconds(measured).toFixed(2)} s (${measured.length === 1 ? '1 run' : `${measured.length} runs, ${spread(measured)}`})`;
}

function memory(measured: readonly Measured[]): string {
  return measured.length === 0 ? '' : `${Math.round(median(measured.map(({ peakMemory }) => peakMemory)))} MiB`;
}

function seconds(measured: readonly Measured[]): number {
  return median(measured.map((one) => one.seconds));
}

function spread(measured: readonly Measured[]): string {
  const all = measured.map((one) => one.seconds);
  return `${Math.min(...all).toFixed(2)} to ${Math.max(...all).toFixed(2)}`;
}

/** The middle of some numbers; between the middle two where there is none. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [lower = 0, upper = 0] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  return (lower + upper) / 2;
}
