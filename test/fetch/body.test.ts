import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { pump as pumpBroken, type Take } from '../../src/fetch/body.ts';

const pump = (stream: Readable, take: Take): Promise<void> => pumpBroken(stream, take, (error) => error);

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

  it('takes pieces that are done at once without a pause between them', async () => {
    const seen: string[] = [];
    const stream = new Readable({ read() {} });
    for (const text of ['a', 'b', 'c']) stream.push(Buffer.from(text));
    stream.push(null);
    const pumped = pump(stream, (chunk) => {
      expect(stream.isPaused()).toBe(false);
      seen.push(chunk.toString());
      return undefined;
    });
    await pumped;
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('tells what broke the stream from what refused a piece', async () => {
    const taking: Take = () => {
      throw new Error('disk full');
    };
    const named = (): Error => new Error('the line broke');
    await expect(pumpBroken(Readable.from([Buffer.from('a')]), taking, named)).rejects.toThrow('disk full');
    const stream = new Readable({ read() {} });
    const pumped = pumpBroken(stream, () => undefined, named);
    stream.destroy(new Error('reset'));
    await expect(pumped).rejects.toThrow('the line broke');
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
