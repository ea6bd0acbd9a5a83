import { describe, expect, it } from 'vitest';
import { MirrorError } from '../../../src/core/errors.ts';
import { BlobTakers } from '../../../src/oci/archive/blob-takers.ts';
import type { BlobSink } from '../../../src/oci/content.ts';

interface Events extends BlobSink {
  readonly events: string[];
}

function sink(fails: (event: string) => boolean = () => false): Events {
  const events: string[] = [];
  const note = (event: string): void => {
    if (fails(event)) throw new MirrorError('STORAGE_FULL', 'the disk is full');
    events.push(event);
  };
  return {
    events,
    begin: (digest) => ({
      write: async (chunk) => note(`write ${digest} ${chunk.length}`),
      complete: async () => note(`complete ${digest}`),
      drop: async () => note(`drop ${digest}`),
    }),
  };
}

describe('BlobTakers', () => {
  it('completes what is wanted when the archive is good, and drops the rest', async () => {
    const into = sink();
    const taken = { sink: into, digests: new Set<string>() };
    const takers = new BlobTakers(taken);
    await takers.offer('a', Buffer.alloc(3));
    await takers.offer('b', Buffer.alloc(4));
    expect(into.events).toEqual(['write a 3', 'write b 4']);
    await takers.complete((digest) => digest === 'a');
    expect(into.events.slice(2)).toEqual(['complete a', 'drop b']);
    expect([...taken.digests]).toEqual(['a']);
  });

  it('asks for no blob twice, but again for one that was dropped', async () => {
    const into = sink();
    const taken = { sink: into, digests: new Set<string>() };
    const first = new BlobTakers(taken);
    await first.offer('a', Buffer.alloc(1));
    expect(first.begin('a', 1)).toBeUndefined();
    await first.drop();
    const second = new BlobTakers(taken);
    await second.offer('a', Buffer.alloc(1));
    await second.complete(() => true);
    expect(new BlobTakers(taken).begin('a', 1)).toBeUndefined();
    expect(into.events).toEqual(['write a 1', 'drop a', 'write a 1', 'complete a']);
  });

  it('does not hold more than a few hundred', async () => {
    const into = sink();
    const takers = new BlobTakers({ sink: into, digests: new Set() });
    for (let index = 0; index < 300; index++) await takers.offer(String(index), Buffer.alloc(1));
    expect(into.events.filter((event) => event.startsWith('complete'))).toHaveLength(256);
    await takers.drop();
    expect(into.events.filter((event) => event.startsWith('drop'))).toHaveLength(44);
  });

  it('gives up what could not be written, and goes on with the others before it throws', async () => {
    const writing = sink((event) => event === 'write a 1');
    await expect(new BlobTakers({ sink: writing, digests: new Set() }).offer('a', Buffer.alloc(1))).rejects.toMatchObject({
      code: 'STORAGE_FULL',
    });
    expect(writing.events).toEqual(['drop a']);
    const completing = sink((event) => event === 'complete a');
    const takers = new BlobTakers({ sink: completing, digests: new Set() });
    await takers.offer('a', Buffer.alloc(1));
    await takers.offer('b', Buffer.alloc(1));
    await expect(takers.complete(() => true)).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    expect(completing.events).toContain('complete b');
  });
});
