import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { connect as connectRaw } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { describeWithTools } from '../support/requirements.ts';
import { get } from './raw-http.ts';
import { makeSite, type Site } from './site.ts';

describeWithTools(['openssl'], 'serve/tls', () => {
  let directory: string;
  let site: Site;
  const at = (name: string) => join(directory, name);
  const certificate = (name: string) => {
    const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', at(`${name}.key`)];
    execFileSync('openssl', ['req', '-x509', ...key, '-out', at(`${name}.crt`), '-days', '1', ...subject], { stdio: 'ignore' });
  };
  const use = (name: string, ...kinds: readonly string[]) => {
    for (const kind of kinds) copyFileSync(at(`${name}.${kind}`), at(`server.${kind}`));
  };
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'mirror-tls-'));
    certificate('first');
    certificate('second');
  });
  afterAll(() => rmSync(directory, { recursive: true }));
  beforeEach(async () => {
    use('first', 'crt', 'key');
    site = await makeSite();
    await site.publish('main', { small: 'small', big: 'x'.repeat(3_000_000) });
  });
  afterEach(async () => {
    await site.remove();
  });

  const serve = async () =>
    await site.serve({
      config: configSchema.parse({ storage: site.storage, serve: { tls: { cert: at('server.crt'), key: at('server.key') } } }),
    });
  const open = async (url: string, maxVersion: 'TLSv1.1' | 'TLSv1.3' = 'TLSv1.3'): Promise<TLSSocket> => {
    const port = Number(new URL(url).port);
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, minVersion: 'TLSv1', maxVersion });
    await once(socket, 'secureConnect');
    return socket;
  };
  const presented = async (url: string): Promise<string> => {
    const socket = await open(url);
    const { subject } = socket.getPeerCertificate();
    socket.destroy();
    return String(subject.CN);
  };

  it('serves over TLS 1.2 and later, pipelined and with a graceful end', async () => {
    const server = await serve();
    expect(server.url).toMatch(/^https:/);
    await expect(open(server.url, 'TLSv1.1')).rejects.toThrow();
    const silent = connectRaw(Number(new URL(server.url).port), '127.0.0.1');
    const socket = await open(server.url);
    socket.write(get('/main/big') + get('/main/small'));
    await once(socket, 'readable');
    const closing = server.close();
    let received = '';
    for await (const chunk of socket as AsyncIterable<Buffer>) received += chunk.toString('latin1');
    await closing;
    silent.destroy();
    expect(received.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
    expect(received.endsWith('small')).toBe(true);
  });

  it('takes up a renewed certificate without a restart, once certificate and key belong together', async () => {
    const { url } = await serve();
    expect(await presented(url)).toBe('first');
    use('second', 'crt');
    await expect.poll(() => site.logged.filter((line) => line.startsWith('warn')).length, { timeout: 6000 }).toBe(1);
    expect(await presented(url)).toBe('first');
    use('second', 'key');
    await expect.poll(() => presented(url), { timeout: 6000 }).toBe('second');
  });

  it('does not start with a certificate and a key that do not belong together', async () => {
    use('second', 'key');
    await expect(serve()).rejects.toMatchObject({ code: 'LISTEN', message: expect.stringContaining('server.crt') });
  });
});
