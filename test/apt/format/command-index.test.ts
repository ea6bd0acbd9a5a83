import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { formatCommandHead, readCommands } from '../../../src/apt/format/command-index.ts';
import { recordsOf } from './records-of.ts';

describe('apt/format/command-index', () => {
  it('reads packages with their commands, and leaves out the head', async () => {
    const text = 'suite: noble\ncomponent: main\narch: amd64\n\nname: a\nversion: 1\ncommands: a,aa\n\nname: b\ncommands: b\n';
    const records = await recordsOf(readCommands(Readable.from([Buffer.from(text)]), 'Commands'));
    expect(records.map(({ key, bytes }) => [key, String(bytes)])).toEqual([
      ['a', 'name: a\nversion: 1\ncommands: a,aa\n\n'],
      ['b', 'name: b\ncommands: b\n\n'],
    ]);
  });

  it('writes a head, and refuses what would add to it', () => {
    const head = { suite: 'noble', component: 'main', architecture: 'amd64' };
    expect(String(formatCommandHead(head))).toBe('suite: noble\ncomponent: main\narch: amd64\n\n');
    expect(() => formatCommandHead({ ...head, suite: 'a\nb' })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
