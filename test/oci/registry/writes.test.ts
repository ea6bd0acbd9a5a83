import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { createWriteQueue } from '../../../src/oci/registry/writes.ts';
import { openCatalogue } from '../../../src/store/state.ts';
import { sha256, temporaryDirectory } from '../../store/storage-fixture.ts';

describe('oci/registry/writes', () => {
  it('does what comes together in one transaction, and lets one fail alone', async () => {
    let transactions = 0;
    const failure = new Error('no');
    const write = createWriteQueue(() => ({
      together(writes) {
        transactions++;
        return writes.map((work) => {
          try {
            return { value: work() };
          } catch (error) {
            return { error };
          }
        });
      },
    }));
    const outcomes = await Promise.allSettled([
      write(() => 1),
      write(() => {
        throw failure;
      }),
      write(() => 'three'),
    ]);
    expect(outcomes).toEqual([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: failure },
      { status: 'fulfilled', value: 'three' },
    ]);
    expect(transactions).toBe(1);
  });

  it('waits for another process that is writing, without keeping the thread', async () => {
    const storage = await temporaryDirectory();
    const catalogue = openCatalogue(storage, { patience: 1 });
    const other = new Database(join(storage, 'state.db'));
    other.exec('BEGIN IMMEDIATE');
    const blob = { digest: `sha256:${sha256('x')}`, sha256: sha256('x'), size: 1, linkedAt: 1 };
    const write = createWriteQueue(() => catalogue.registry);
    const linked = write(() => catalogue.registry.linkBlob({ repository: 'app', blob }, () => true));
    let turns = 0;
    while (turns < 5) {
      await sleep(10);
      turns++;
    }
    expect(catalogue.registry.blob('app', blob.digest)).toBeUndefined();
    other.exec('COMMIT');
    other.close();
    expect(await linked).toBe(true);
    catalogue.close();
  });

  it('fails all where the transaction does', async () => {
    const failure = new Error('the disk is full');
    const write = createWriteQueue(() => ({
      together() {
        throw failure;
      },
    }));
    await expect(write(() => 1)).rejects.toBe(failure);
    await expect(write(() => 1)).rejects.toBe(failure);
  });
});
