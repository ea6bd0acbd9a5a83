import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCertificates } from '../../../src/oci/client/certificates.ts';
import { errorOf } from '../../fetch/servers.ts';
import { temporaryFolder } from './test-registry.ts';

const HOST = 'registry.example.com:5000';

function write(folder: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(join(folder, HOST), { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, HOST, name), content);
}

describe('oci/client/certificates', () => {
  it('are those of the first directory that has any for the host', async () => {
    const [first, second] = [temporaryFolder(), temporaryFolder()];
    expect(await readCertificates(HOST, [first, second])).toEqual({});
    write(second, { 'ca.crt': 'A', 'b.crt': 'B', 'client.cert': 'C', 'client.key': 'K', 'other.key': 'O', README: 'no' });
    expect(await readCertificates(HOST, [first, second])).toEqual({ authorities: 'B\nA', identity: { cert: 'C', key: 'K' } });
    write(first, { 'ca.crt': 'other' });
    expect(await readCertificates(HOST, [first, second])).toEqual({ authorities: 'other' });
    expect(await readCertificates('registry.example.com', [first, second])).toEqual({});
  });

  it('that cannot be used are an error', async () => {
    const folder = temporaryFolder();
    write(folder, { 'client.cert': 'C' });
    expect((await errorOf(readCertificates(HOST, [folder]))).message).toContain('client.key');
    const broken = temporaryFolder();
    mkdirSync(join(broken, HOST, 'ca.crt'), { recursive: true });
    expect(await errorOf(readCertificates(HOST, [broken]))).toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
