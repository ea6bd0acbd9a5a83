import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadTrust } from '../../../src/oci/signature/trust.ts';
import { describeWithTools } from '../../support/requirements.ts';
import { AUTHORITY, CertificateMaker } from './certificates.ts';

describeWithTools(['openssl'], 'oci/signature/trust', () => {
  let directory: string;
  const at = (name: string): string => join(directory, name);
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'mirror-trust-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('reads the files of a policy', async () => {
    const maker = await CertificateMaker.start();
    const { certificate } = await maker.issue('Root', { key: 'P-256', extensions: AUTHORITY });
    await maker.end();
    writeFileSync(at('key.pub'), generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }));
    writeFileSync(at('roots.pem'), certificate.toString().repeat(2));
    const trust = await loadTrust({ cosign: { key: [at('key.pub')] }, notation: { trust: [at('roots.pem')] } });
    expect(trust.cosign?.map(({ name }) => name)).toEqual([at('key.pub')]);
    expect(trust.notation?.map(({ subject }) => subject)).toEqual(['CN=Root', 'CN=Root']);
    expect(Object.keys(await loadTrust({ notation: { trust: [at('roots.pem')] } }))).toEqual(['notation']);
  });

  it('says which file is missing or holds nothing', async () => {
    writeFileSync(at('empty'), '');
    await expect(loadTrust({ cosign: { key: [at('missing')] } })).rejects.toMatchObject({
      code: 'KEY_MISSING',
      message: expect.stringContaining(at('missing')),
    });
    await expect(loadTrust({ cosign: { key: [at('empty')] } })).rejects.toMatchObject({ code: 'KEY_INVALID' });
    await expect(loadTrust({ notation: { trust: [at('empty')] } })).rejects.toMatchObject({ code: 'KEY_INVALID' });
  });
});
