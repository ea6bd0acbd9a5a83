import { readFileSync } from 'node:fs';
import type { CheckReport } from '../../src/ops/check.ts';
import type { Measured } from '../support/measure.ts';

/** A command whose failures to install packages do not count as failures, and which leaves what it prints in a file. */
export function intoFile(file: string, command: readonly string[]): readonly string[] {
  return ['sh', '-c', 'out="$1"; shift; "$@" > "$out"; test "$?" -le 1', 'sh', file, ...command];
}

export function brokenByMirror(file: string): string[] {
  const { machines } = JSON.parse(readFileSync(file, 'utf8')) as CheckReport;
  return machines.flatMap(({ all }) => all?.broken.map((one) => one.package) ?? []).sort();
}

export function median(results: readonly Measured[], of: (measured: Measured) => number): number {
  const sorted = results.map(of).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export function row(what: string, results: readonly Measured[]): string {
  const processor = median(results, ({ processorSeconds }) => processorSeconds).toFixed(2);
  const wall = median(results, ({ seconds }) => seconds).toFixed(2);
  return `| ${what} | ${processor} s | ${wall} s | ${Math.round(median(results, ({ peakMemory }) => peakMemory))} MiB |`;
}
