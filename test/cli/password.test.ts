import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type Input, readNewPassword } from '../../src/cli/password.ts';
import { collector } from './collector.ts';

function terminal(...keys: readonly string[]) {
  const modes: boolean[] = [];
  const stream = Readable.from(keys.map((key) => Buffer.from(key)));
  const input: Input = Object.assign(stream, {
    isTTY: true,
    setRawMode: (on: boolean) => modes.push(on),
  });
  return { input, modes };
}

const io = (stdin: Input | undefined, cwd = '/', signal = new AbortController().signal) => ({
  stdin,
  stdout: collector(),
  stderr: collector(),
  environment: {},
  cwd,
  signal,
});

describe('cli/password', () => {
  it.each([
    ['secret one', 'secret one'],
    ['secret one\n', 'secret one'],
    ['secret one\r\n', 'secret one'],
    ['two\nlines\n', 'two\nlines'],
    ['', ''],
  ])('takes %j from a pipe', async (text, password) => {
    expect(await readNewPassword(io(Readable.from([Buffer.from(text)])), undefined)).toBe(password);
  });

  it('does not take what never ends from a pipe', async () => {
    const endless = Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(1024)));
    await expect(readNewPassword(io(endless), undefined)).rejects.toMatchObject({ code: 'USAGE' });
    expect(await readNewPassword(io(undefined), undefined)).toBe('');
  });

  it('takes it from a file, relative to where the command is run', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'mirror-password-'));
    writeFileSync(join(directory, 'pw'), 'from a file\n');
    expect(await readNewPassword(io(undefined, directory), 'pw')).toBe('from a file');
    await expect(readNewPassword(io(undefined, directory), 'none')).rejects.toMatchObject({ code: 'FILE_MISSING' });
    rmSync(directory, { recursive: true });
  });

  it('asks a terminal twice, which shows nothing and is put back, and takes the keys that edit', async () => {
    const { input, modes } = terminal('wrong\x15', 'sécret', 'x\x7fy\x08', '\r', 'séc', 'ret\n');
    const session = io(input);
    expect(await readNewPassword(session, undefined)).toBe('sécret');
    expect(session.stderr.text()).toBe('Password: \nPassword again: \n');
    expect(session.stdout.text()).toBe('');
    expect(modes).toEqual([true, false]);
  });

  it('refuses two different ones', async () => {
    await expect(readNewPassword(io(terminal('one\r', 'two\r').input), undefined)).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('ends with Ctrl-C and with a signal, and puts the terminal back', async () => {
    const interrupted = terminal('one\x03');
    await expect(readNewPassword(io(interrupted.input), undefined)).rejects.toMatchObject({ code: 'ABORTED' });
    expect(interrupted.modes).toEqual([true, false]);
    const stop = new AbortController();
    const modes: boolean[] = [];
    const silent: Input = Object.assign(new Readable({ read: () => undefined }), {
      isTTY: true,
      setRawMode: (on: boolean) => modes.push(on),
    });
    const reading = readNewPassword(io(silent, '/', stop.signal), undefined);
    stop.abort(new Error('stopped'));
    await expect(reading).rejects.toThrow('stopped');
    expect(modes).toEqual([true, false]);
  });
});
