import { type ChildProcess, spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach } from 'vitest';
import type { Expected } from '../../src/core/digests.ts';

const directories: string[] = [];
const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true });
});

/** A directory that is removed after the test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'mirror-store-'));
  directories.push(directory);
  return directory;
}

export function sha256(bytes: Uint8Array | string): string {
  return hash('sha256', bytes, 'hex');
}

export function expectedOf(bytes: Uint8Array): Expected {
  return { size: bytes.length, checksums: [{ algorithm: 'sha256', value: sha256(bytes) }] };
}

/** Bytes that look random and depend on the seed only. */
export function content(seed: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let state = (seed * 2654435761 + 1) >>> 0;
  for (let at = 0; at < size; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** The URL under which a module of src/store is imported by a script. */
export function storeModule(name: string): string {
  return pathToFileURL(join(import.meta.dirname, '../../src/store', name)).href;
}

interface ScriptResult {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Script {
  readonly child: ChildProcess;
  /** Settles when the first line of output has come. */
  readonly started: Promise<void>;
  readonly ended: Promise<ScriptResult>;
}

/** Runs a module as a process of its own, under another program (strace and its arguments) if one is given. */
export function startScript(code: string, under: readonly string[] = []): Script {
  const command = [...under, process.execPath, '--disable-warning=ExperimentalWarning', '--input-type=module', '-e', code];
  const child = spawn(command[0] ?? '', command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let stdout = '';
  let stderr = '';
  const started = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      resolve();
    });
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<ScriptResult>((resolve) => {
    child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr }));
  });
  return { child, started, ended };
}

export async function collectAll<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}
