import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/oci/format/digest.ts';
import type { Registry } from '../../../src/oci/registry/registry.ts';
import { createRegistryAccess, type RegistryAccess } from '../../../src/serve/registry/registry-access.ts';
import { openPool } from '../../../src/store/pool.ts';
import { openCatalogue } from '../../../src/store/state.ts';
import { body } from '../../oci/registry/registry-fixture.ts';
import { temporaryDirectory } from '../../store/storage-fixture.ts';

async function openAccess(storage: string, identity: () => string | undefined = () => 'same'): Promise<RegistryAccess> {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const blobs = await openPool(storage);
  return createRegistryAccess({ storage, blobs, clock: { now: () => new Date() }, log, catalogueIdentity: identity });
}

const push = (registry: Registry, text: string) => registry.putBlob('app', digestOf(Buffer.from(text)), body(text));

describe('serve/registry/registry-access', () => {
  it('makes the state when it is first needed', async () => {
    const storage = await temporaryDirectory();
    const access = await openAccess(storage);
    expect(existsSync(join(storage, 'state.db'))).toBe(false);
    expect(access.reading().repositories().entries).toEqual([]);
    expect(existsSync(join(storage, 'state.db'))).toBe(true);
    await access.close();
  });

  it('takes up another state database that is put in its place', async () => {
    const [storage, other] = [await temporaryDirectory(), await temporaryDirectory()];
    let identity = 'first';
    const access = await openAccess(storage, () => identity);
    await push(access.writing(), 'blob');
    openCatalogue(other).close();
    renameSync(join(other, 'state.db'), join(storage, 'state.db'));
    for (const kind of ['wal', 'shm']) rmSync(join(storage, `state.db-${kind}`), { force: true });
    identity = 'second';
    expect(access.reading().blob('app', digestOf(Buffer.from('blob')))).toBeUndefined();
    await access.close();
  });

  it('takes uploads beside another server on the same storage', async () => {
    const storage = await temporaryDirectory();
    const [one, two] = [await openAccess(storage), await openAccess(storage)];
    await Promise.all([push(one.writing(), 'one'), push(two.writing(), 'two')]);
    for (const text of ['one', 'two']) {
      for (const access of [one, two]) expect(access.reading().blob('app', digestOf(Buffer.from(text)))?.size).toBe(3);
    }
    await one.close();
    await two.close();
  });
});
