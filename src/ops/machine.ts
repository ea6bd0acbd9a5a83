import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { arch } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MirrorError, reasonOf } from '../core/errors.ts';

/** A machine whose package manager is looked at. */
export interface Machine {
  /** Where its file system begins: `/`, or a directory in tests. */
  readonly root: string;
  /** What `apt-config dump` says; empty where apt is not installed. */
  readonly aptConfig: string;
  /** As Node names it: `x64`, `arm64`. */
  readonly architecture: string;
}

/** This machine. */
export async function thisMachine(): Promise<Machine> {
  return { root: '/', aptConfig: await dumpAptConfig(), architecture: arch() };
}

async function dumpAptConfig(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('apt-config', ['dump'], { maxBuffer: 16 * 1024 * 1024, timeout: 30_000 });
    return stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new MirrorError('CONFIG_INVALID', `apt-config dump failed: ${reasonOf(error)}`, {
      hint: 'Mend the configuration of apt first.',
      cause: error,
    });
  }
}

/** The variables of os-release(5). Empty where there is no such file. */
export async function readOsRelease(root: string): Promise<ReadonlyMap<string, string>> {
  const text = (await readIfThere(join(root, 'etc/os-release'))) ?? (await readIfThere(join(root, 'usr/lib/os-release'))) ?? '';
  const variables = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, value] = /^([A-Z_][A-Z0-9_]*)=(.*)$/.exec(line.trim()) ?? [];
    if (name !== undefined && value !== undefined) variables.set(name, value.replace(/^(["'])(.*)\1$/, '$2'));
  }
  return variables;
}

/** A text file, or undefined when it is not there. Throws CONFIG_INVALID when it cannot be read. */
export async function readIfThere(path: string): Promise<string | undefined> {
  return await orAbsent(path, readFile(path, 'utf8'));
}

/** Names of the entries of a directory, sorted; none when it is not there. */
export async function namesIn(directory: string): Promise<string[]> {
  return ((await orAbsent(directory, readdir(directory))) ?? []).sort();
}

async function orAbsent<T>(path: string, reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw new MirrorError('CONFIG_INVALID', `${path} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}
