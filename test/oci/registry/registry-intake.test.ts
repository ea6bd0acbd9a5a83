import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/oci/format/digest.ts';
import { content } from '../../store/storage-fixture.ts';
import { body, temporaryRegistry } from './registry-fixture.ts';

const bytes = content(1, 300_000);
const digest = digestOf(bytes);

describe('oci/registry/registry-intake', () => {
  it('brings many blobs, which are visible together', async () => {
    const { registry } = await temporaryRegistry();
    const intake = await registry.openIntake('seed');
    const all = Array.from({ length: 30 }, (_, number) => content(number, 1000 + number));
    for (const blob of all) {
      const receiver = intake.take(digestOf(blob), blob.length);
      await receiver?.write(blob.subarray(0, 500));
      await receiver?.write(blob.subarray(500));
      await receiver?.complete();
      expect(intake.link('app', digestOf(blob))).toBe('sent');
    }
    expect(registry.blob('app', digestOf(all[0] ?? bytes))).toBeUndefined();
    await intake.commit();
    for (const blob of all) expect(registry.blob('app', digestOf(blob))?.size).toBe(blob.length);
    await intake.finish();
  });

  it('brings nothing twice: further repositories are only given it', async () => {
    const { registry } = await temporaryRegistry();
    await registry.putBlob('there', digest, body(bytes));
    const intake = await registry.openIntake('seed');
    expect(intake.take(digest, bytes.length)).toBeUndefined();
    expect(await intake.resume(digest, bytes.length)).toBeUndefined();
    for (const repository of ['new', 'further']) expect(intake.link(repository, digest)).toBe('mounted');
    expect(intake.link('new', digestOf(Buffer.from('nowhere')))).toBeUndefined();
    await intake.finish();
    for (const repository of ['new', 'further']) expect(registry.blob(repository, digest)?.size).toBe(bytes.length);
  });

  it.each(['sha256', 'sha512'] as const)('refuses what is not what its digest by %s names', async (algorithm) => {
    const { registry } = await temporaryRegistry();
    const intake = await registry.openIntake('seed');
    const name = digestOf(bytes, algorithm);
    const receiver = intake.take(name, bytes.length);
    await receiver?.write(content(2, bytes.length));
    await expect(receiver?.complete()).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    await receiver?.drop();
    expect(intake.link('app', name)).toBeUndefined();
    const again = intake.take(name, bytes.length);
    await again?.write(bytes);
    await again?.complete();
    intake.link('app', name);
    await intake.finish();
    expect(registry.blob('app', name)?.size).toBe(bytes.length);
  });

  it.each(['take', 'resume'] as const)('goes on with what an interrupted run left, with %s', async (how) => {
    const { registry } = await temporaryRegistry();
    const first = await registry.openIntake('seed');
    const begun = await first.resume(digest, bytes.length);
    expect(begun?.held).toBe(0);
    await begun?.write(bytes.subarray(0, 280_000));
    await begun?.keep();
    await first.abandon();
    const second = await registry.openIntake('seed');
    const resumed = how === 'resume' ? await second.resume(digest, bytes.length) : undefined;
    expect(resumed?.held).toBe(how === 'resume' ? 280_000 : undefined);
    const receiver = resumed ?? second.take(digest, bytes.length);
    for (let at = resumed?.held ?? 0; at < bytes.length; at += 1000) await receiver?.write(bytes.subarray(at, at + 1000));
    await receiver?.complete();
    second.link('app', digest);
    await second.finish();
    expect(registry.blob('app', digest)?.size).toBe(bytes.length);
  });
});
