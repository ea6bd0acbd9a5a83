import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { hasTool } from './requirements.ts';

/** A Packages index that this machine's apt has fetched. */
export interface MachineIndex {
  readonly file: string;
  /** Unpacked. */
  readonly bytes: Buffer;
}

/** The largest Packages index of this machine; undefined where apt has none. */
export function largestMachineIndex(): MachineIndex | undefined {
  if (!hasTool('apt-get')) return undefined;
  const lines = execFileSync('apt-get', ['indextargets', '--format', '$(FILENAME) $(CREATED_BY)'], { encoding: 'utf8' }).split('\n');
  const files = lines.flatMap((line) => (line.endsWith(' Packages') ? [line.slice(0, -' Packages'.length)] : []));
  const indexes = files.filter((file) => existsSync(file)).map((file) => ({ file, bytes: readIndex(file) }));
  return indexes.sort((a, b) => b.bytes.length - a.bytes.length)[0];
}

/** A file of apt's, unpacked. */
export function readIndex(file: string): Buffer {
  return execFileSync('/usr/lib/apt/apt-helper', ['cat-file', file], { maxBuffer: 2 ** 30 });
}
