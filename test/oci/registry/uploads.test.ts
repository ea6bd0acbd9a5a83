import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/oci/format/digest.ts';
import { registryProblemOf } from '../../../src/oci/registry/problem.ts';
import { UPLOAD_LIMITS } from '../../../src/oci/registry/uploads.ts';
import { content } from '../../store/storage-fixture.ts';
import { body, temporaryRegistry } from './registry-fixture.ts';

async function problemOf(work: Promise<unknown>): Promise<string | undefined> {
  return await work.then(
    () => 'none',
    (error: unknown) => registryProblemOf(error),
  );
}

describe('oci/registry/uploads', () => {
  it('drops uploads that nothing is heard of for a day', async () => {
    const { registry, clock } = await temporaryRegistry();
    const { uploads } = registry;
    const old = await uploads.begin('app', undefined);
    await uploads.append('app', old.id, { range: undefined, body: body(content(1, 500_000)) });
    clock.at = new Date(clock.at.getTime() + UPLOAD_LIMITS.idle + 1);
    const fresh = await uploads.begin('app', undefined);
    expect(await problemOf(uploads.status('app', old.id))).toBe('upload-unknown');
    expect(await uploads.status('app', fresh.id)).toEqual({ id: fresh.id, size: 0 });
  });

  it('takes no more uploads at once than the limits', async () => {
    const { registry } = await temporaryRegistry();
    const { uploads } = registry;
    const begun: string[] = [];
    for (let number = 0; number < UPLOAD_LIMITS.perRepository; number++) begun.push((await uploads.begin('app', undefined)).id);
    expect(await problemOf(uploads.begin('app', undefined))).toBe('too-many-uploads');
    expect(await problemOf(uploads.begin('other', undefined))).toBe('none');
    await uploads.cancel('app', begun[0] ?? '');
    expect(await problemOf(uploads.begin('app', undefined))).toBe('none');
  });

  it('keeps what has arrived when the body fails, and goes on from there', async () => {
    const { registry } = await temporaryRegistry();
    const { uploads } = registry;
    const bytes = content(2, 600_000);
    const { id } = await uploads.begin('app', undefined);
    const failure = new Error('the client has gone');
    async function* broken(): AsyncGenerator<Buffer> {
      yield bytes.subarray(0, 400_000);
      throw failure;
    }
    await expect(uploads.append('app', id, { range: { start: 0, end: 599_999 }, body: broken() })).rejects.toBe(failure);
    expect(await uploads.status('app', id)).toEqual({ id, size: 400_000 });
    const rest = { range: { start: 400_000, end: 599_999 }, body: body(bytes.subarray(400_000)) };
    expect(await uploads.finish('app', id, digestOf(bytes), rest)).toMatchObject({ digest: digestOf(bytes), size: 600_000 });
  });

  it('takes no more of a chunk than its range, and says where it is shorter', async () => {
    const { registry } = await temporaryRegistry();
    const { uploads } = registry;
    const { id } = await uploads.begin('app', undefined);
    expect(await problemOf(uploads.append('app', id, { range: { start: 0, end: 4 }, body: body('12345678') }))).toBe('size-invalid');
    expect(await problemOf(uploads.append('app', id, { range: { start: 5, end: 9 }, body: body('6') }))).toBe('size-invalid');
    expect((await uploads.finish('app', id, digestOf(Buffer.from('123456')))).size).toBe(6);
  });

  it('holds many uploads that wait for their clients in little memory', async () => {
    const { registry } = await temporaryRegistry();
    const { uploads } = registry;
    const bytes = content(3, 10_000);
    const ids: string[] = [];
    for (let number = 0; number < UPLOAD_LIMITS.inMemory + 20; number++) {
      const { id } = await uploads.begin('app', undefined);
      await uploads.append('app', id, { range: undefined, body: body(bytes) });
      ids.push(id);
    }
    for (const id of ids) expect((await uploads.finish('app', id, digestOf(bytes))).size).toBe(10_000);
  });
});
