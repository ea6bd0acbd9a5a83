import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { pump } from '../../src/fetch/body.ts';

describe('fetch/body', () => {
  it('hands over one piece at a time', async () => {
    const seen: string[] = [];
    let running = 0;
    await pump(Readable.from([Buffer.from('a'), Buffer.from('b'), Buffer.from('c')]), async (chunk) => {
      expect(++running).toBe(1);
      await sleep(2);
      running--;
      seen.push(chunk.toString());
    });
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('ends with nothing to read', async () => {
    await expect(pump(Readable.from([]), async () => undefined)).resolves.toBeUndefined();
  });

  it('destroys the stream when a piece cannot be taken', async () => {
    const stream = Readable.from([Buffer.from('a'), Buffer.from('b')]);
    await expect(
      pump(stream, async () => {
        throw new Error('disk full');
      }),
    ).rejects.toThrow('disk full');
    expect(stream.destroyed).toBe(true);
  });

  it('fails when the last piece cannot be taken, although the stream has ended', async () => {
    const pumped = pump(Readable.from([Buffer.from('a')]), async () => {
      await sleep(20);
      throw new Error('disk full');
    });
    await expect(pumped).rejects.toThrow('disk full');
  });

  it('waits for the piece in hand before it reports a broken stream', async () => {
    const stream = new Readable({ read() {} });
    stream.push(Buffer.from('a'));
    let done = false;
    const pumped = pump(stream, async () => {
      stream.destroy(new Error('broken'));
      await sleep(20);
      done = true;
    });
    await expect(pumped).rejects.toThrow('broken');
    expect(done).toBe(true);
  });

  it('notices a stream that is destroyed without an error, also before it began', async () => {
    const stream = new Readable({ read() {} });
    const pumped = pump(stream, async () => undefined);
    stream.destroy();
    await expect(pumped).rejects.toThrow('closed');
    await expect(pump(stream, async () => undefined)).rejects.toThrow('closed');
  });
});
