import { beforeAll, describe, expect, it } from 'vitest';
import { refreshUpstream } from '../../../src/apt/upstream/refresh.ts';
import { readKeyring } from '../../../src/openpgp/keyring.ts';
import type { Keyring, Signer } from '../../../src/openpgp/types.ts';
import { contextOf, makeKey, NOW, putArchive, stanza, Upstream } from '../archive.ts';

const WEEK = 7 * 86_400_000;
const INDEX = 'main/binary-amd64/Packages';

describe('apt/upstream/next-signers', () => {
  let signers: readonly Signer[];
  let both: Keyring;
  beforeAll(async () => {
    const keys = [await makeKey(), await makeKey()];
    signers = keys.map(({ signer }) => signer);
    both = await readKeyring(keys.map(({ publicKey }) => ({ bytes: Buffer.from(publicKey), source: 'keys.asc' })));
  });

  const archive = async (signer: number, fields: Readonly<Record<string, string>>, date = NOW): Promise<Upstream> => {
    const upstream = new Upstream();
    await putArchive(upstream, { indexes: { [INDEX]: `${stanza('a')}\n` }, signer: signers[signer], fields, date });
    return upstream;
  };
  /** What becomes of a Release by the second key after one by the first that had these fields. */
  const afterwards = async (fields: Readonly<Record<string, string>>, now = NOW) => {
    const before = await refreshUpstream(contextOf(await archive(0, fields), both), undefined);
    const next = await archive(1, {}, new Date(NOW.getTime() + 1000));
    const context = { ...contextOf(next, both), clock: { now: () => now } };
    return refreshUpstream(context, JSON.parse(JSON.stringify(before)));
  };
  const valid = { 'Valid-Until': new Date(NOW.getTime() + WEEK).toUTCString().replace('GMT', 'UTC') };
  const first = (): string => signers[0]?.fingerprint ?? '';
  const second = (): string => signers[1]?.fingerprint ?? '';

  it('takes only a Release by a key that the one before it names', async () => {
    await expect(afterwards({ ...valid, 'Signed-By': first() })).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
      message: expect.stringContaining(`asks for ${first()}`),
    });
    expect(await afterwards({ ...valid, 'Signed-By': `${first()}, ${second()}!` })).toMatchObject({ verification: { signedBy: second() } });
    expect(await afterwards(valid)).toMatchObject({ verification: { signedBy: second() } });
  });

  it('is bound by that for as long as the one before is valid, and not by one that never expires', async () => {
    const later = new Date(NOW.getTime() + WEEK + 1000);
    expect(await afterwards({ ...valid, 'Signed-By': first() }, later)).toMatchObject({ verification: { signedBy: second() } });
    expect(await afterwards({ 'Signed-By': first() })).toMatchObject({ verification: { signedBy: second() } });
  });

  it('does not trust a key because a Release names it', async () => {
    const stranger = await makeKey();
    const before = await refreshUpstream(
      contextOf(await archive(0, { ...valid, 'Signed-By': stranger.signer.fingerprint }), both),
      undefined,
    );
    const upstream = new Upstream();
    await putArchive(upstream, { indexes: { [INDEX]: `${stanza('a')}\n` }, signer: stranger.signer, date: new Date(NOW.getTime() + 1000) });
    await expect(refreshUpstream(contextOf(upstream, both), before)).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
      message: expect.stringContaining('no key is trusted'),
    });
  });
});
