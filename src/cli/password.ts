import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { MirrorError, reasonOf } from '../core/errors.ts';
import type { CommandIo } from './session.ts';

/** Where a command reads from: a terminal, a file or a pipe. */
export interface Input extends AsyncIterable<Buffer | string> {
  readonly isTTY?: boolean | undefined;
  /** Of a terminal: whether each key comes at once, and none is shown. */
  setRawMode?(on: boolean): unknown;
}

/** In bytes, of what is read in place of a password. */
const MAX_SIZE = 64 * 1024;

/**
 * A new password: from a file, else from standard input, where a terminal is asked twice and shows nothing. One line break at the end is not part of it.
 * @throws FILE_MISSING; USAGE when the terminal gives two different ones, or when there is too much; ABORTED on Ctrl-C.
 */
export async function readNewPassword(io: CommandIo, file: string | undefined): Promise<string> {
  const { stdin, stderr, cwd, signal } = io;
  if (file !== undefined) return withoutLineBreak(await readPasswordFile(resolve(cwd, file)));
  if (stdin?.isTTY !== true) return withoutLineBreak(await readAll(stdin));
  const keys = stdin[Symbol.asyncIterator]();
  const stopped = Promise.withResolvers<never>();
  stopped.promise.catch(() => undefined);
  signal.addEventListener('abort', () => stopped.reject(signal.reason), { once: true });
  const ask = async (question: string): Promise<string> => {
    stderr.write(question);
    const line = await Promise.race([readHidden(keys), stopped.promise]);
    stderr.write('\n');
    return line;
  };
  stdin.setRawMode?.(true);
  try {
    const first = await ask('Password: ');
    if ((await ask('Password again: ')) !== first) throw new MirrorError('USAGE', 'the two passwords are not the same');
    return first;
  } finally {
    stdin.setRawMode?.(false);
    // It waits for the key that is being read, if one is: nobody else does.
    keys.return?.().catch(() => undefined);
  }
}

async function readPasswordFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new MirrorError('FILE_MISSING', `the password file ${path} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

async function readAll(input: Input | undefined): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input ?? []) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_SIZE) throw new MirrorError('USAGE', `a password is at most ${MAX_SIZE} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function withoutLineBreak(text: string): string {
  return text.replace(/\r?\n$/, '');
}

const KEYS = { interrupt: '\x03', end: '\x04', backspace: '\x08', eraseLine: '\x15', erase: '\x7f' } as const;

/** A line from a terminal in raw mode, with the keys that edit it. What a paste has after the line break is dropped. */
async function readHidden(keys: AsyncIterator<Buffer | string>): Promise<string> {
  const line: string[] = [];
  for (let next = await keys.next(); next.done !== true; next = await keys.next()) {
    for (const key of next.value.toString()) {
      if (key === '\r' || key === '\n' || key === KEYS.end) return line.join('');
      if (key === KEYS.interrupt) throw new MirrorError('ABORTED', 'interrupted by SIGINT');
      if (key === KEYS.erase || key === KEYS.backspace) line.pop();
      else if (key === KEYS.eraseLine) line.length = 0;
      else line.push(key);
    }
  }
  return line.join('');
}
