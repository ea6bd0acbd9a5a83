import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type AskedThread, askedThread } from '../../src/core/asked-thread.ts';
import { startThread } from '../../src/core/thread.ts';
import { temporaryDirectory } from '../store/storage-fixture.ts';

/** A thread that gives back what it is asked, with what it was told and given before; `fail` ends it. */
async function echo(input: string): Promise<AskedThread<string, readonly unknown[]>> {
  const code = join(await temporaryDirectory(), 'code.ts');
  const threads = pathToFileURL(join(import.meta.dirname, '../../src/core/thread.ts')).href;
  writeFileSync(
    code,
    `import { parentPort } from 'node:worker_threads';
import { threadInput } from '${threads}';
let told = 0;
parentPort.on('message', (message) => {
  if (message === 'fail') throw new Error('it failed');
  if (typeof message === 'string') parentPort.postMessage([message, told, threadInput()]);
  else told += message.byteLength;
});
`,
  );
  return askedThread(startThread(pathToFileURL(code).href, 'echo', input));
}

describe('core/asked-thread', () => {
  it('gives each request its answer, and what is told costs none', async () => {
    const thread = await echo('given');
    const first = thread.ask('a');
    const memory = new ArrayBuffer(5);
    thread.tell(memory, [memory]);
    const second = thread.ask('b');
    expect(thread.waiting).toBe(2);
    expect(await second).toEqual(['b', 5, 'given']);
    expect(await first).toEqual(['a', 0, 'given']);
    expect(thread.waiting).toBe(0);
    expect(memory.byteLength).toBe(0);
    await thread.close();
  });

  it('rejects all that waits, and all that is asked later, when the thread fails', async () => {
    const thread = await echo('');
    const waiting = [thread.ask('fail'), thread.ask('a')];
    for (const answer of waiting) await expect(answer).rejects.toThrow('it failed');
    await expect(thread.ask('b')).rejects.toThrow('it failed');
    await thread.close();
  });
});
