import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, readdirSync, readlinkSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exchange, get } from './raw-http.ts';
import { makeSite, type Site } from './site.ts';

const BIG = Buffer.from(Uint8Array.from({ length: 3 * 1024 * 1024 }, (_, index) => (index * 7919) % 251));
const SAME = 'Sun, 06 Nov 1994 08:49:37 GMT';
const DEB = 'pool/main/libf/libfoo/libfoo++1_2.0~rc1_amd64.deb';

let site: Site;
beforeEach(async () => {
  site = await makeSite();
});
afterEach(async () => {
  await site.remove();
});

/** A publication at `/`, with a small index, an empty file, and a package of several read chunks. */
async function serveFiles(): Promise<string> {
  await site.publish(
    'main',
    {
      'dists/stable/InRelease': 'Origin: Test\n',
      'dists/stable/main/binary-amd64/by-hash/SHA256/00': { content: 'hashed', permanence: 'fixed' },
      empty: '',
      [DEB]: { content: BIG, permanence: 'fixed' },
      'a %41:^+.rpm': { content: 'odd name', permanence: 'fixed' },
    },
    { path: '/' },
  );
  return (await site.serve()).url;
}

function sha256(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('serve/server', () => {
  it('serves a file with everything that a client checks', async () => {
    const url = await serveFiles();
    const answer = await fetch(`${url}/dists/stable/InRelease`);
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-length': '13',
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-cache',
      'accept-ranges': 'bytes',
      'last-modified': SAME,
      'x-content-type-options': 'nosniff',
      etag: `"${sha256('Origin: Test\n')}"`,
    });
    expect(answer.headers.has('content-encoding')).toBe(false);
    expect(await answer.text()).toBe('Origin: Test\n');
  });

  it('serves a package as one whole, by every way its name is written, and for ever', async () => {
    const url = await serveFiles();
    const odd = 'a %41:^+.rpm';
    for (const path of [DEB, DEB.replaceAll('+', '%2b').replace('~', '%7e'), DEB.replaceAll('+', '%2B').replace('pool/', './/pool/')]) {
      const answer = await exchange(url, get(`/${path}`), 1);
      expect(answer[0]?.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(answer[0]?.body.equals(BIG)).toBe(true);
    }
    expect((await exchange(url, get(`/${odd.replace(' ', '%20').replace('%41', '%2541')}`), 1))[0]?.body.toString()).toBe('odd name');
    expect((await exchange(url, get(`/${odd.replace(' ', '%20')}`), 1))[0]?.status).toBe(404);
  });

  it('accepts the absolute form that proxies send', async () => {
    const url = await serveFiles();
    expect((await exchange(url, get('http://elsewhere/dists/stable/InRelease'), 1))[0]?.status).toBe(200);
  });

  it.each(['/a%2fb', '/../etc/passwd', '/dists/%2e%2e/x', '/%00', '/%ff', '/%'])('refuses %s', async (target) => {
    const [answer] = await exchange(await serveFiles(), get(target), 1);
    expect(answer?.status).toBe(400);
  });

  it('answers HEAD with the headers of GET', async () => {
    const url = await serveFiles();
    for (const path of [DEB, 'dists/stable/InRelease', 'empty', 'none', 'dists/']) {
      const [head, whole] = await exchange(url, `HEAD /${path} HTTP/1.1\r\nHost: test\r\nRange: bytes=0-1\r\n\r\n${get(`/${path}`)}`, 2);
      const without = (headers: ReadonlyMap<string, string> | undefined) => [...(headers ?? [])].filter(([name]) => name !== 'date');
      expect(head?.status).toBe(whole?.status);
      expect(without(head?.headers)).toEqual(without(whole?.headers));
    }
  });

  it('refuses other methods, with what is possible', async () => {
    const url = await serveFiles();
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const answer = await fetch(`${url}/empty`, { method, ...(method === 'POST' ? { body: 'x' } : {}) });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    }
  });

  it('answers conditions with 304 and 412', async () => {
    const url = `${await serveFiles()}/dists/stable/InRelease`;
    const etag = `"${sha256('Origin: Test\n')}"`;
    const status = async (headers: Record<string, string>) => (await fetch(url, { headers })).status;
    expect(await status({ 'If-None-Match': `"x", W/${etag}` })).toBe(304);
    expect(await status({ 'If-None-Match': '"x"', 'If-Modified-Since': SAME })).toBe(200);
    expect(await status({ 'If-Modified-Since': SAME })).toBe(304);
    expect(await status({ 'If-Match': '"x"' })).toBe(412);
    const [unchanged] = await exchange(await serveFiles(), get('/dists/stable/InRelease', `If-None-Match: ${etag}`), 1);
    expect(unchanged?.headers.get('etag')).toBe(etag);
  });

  it.each([
    [['Range: bytes=10-19'], 206, [10, 20]],
    [['Range: bytes=3145720-'], 206, [3145720, 3145728]],
    [['Range: bytes=-7'], 206, [3145721, 3145728]],
    [['Range: bytes=10-19', `If-Range: ${SAME}`], 206, [10, 20]],
    [['Range: bytes=10-19', 'If-Range: Sun, 06 Nov 1994 08:49:38 GMT'], 200, [0, 3145728]],
    [['Range: bytes=10-19', `If-Range: "${sha256(BIG)}"`], 206, [10, 20]],
    [['Range: bytes=10-19', `If-Range: W/"${sha256(BIG)}"`], 200, [0, 3145728]],
    [['Range: bytes=1-0'], 200, [0, 3145728]],
  ] as const)('%j', async (headers, status, [start, end]) => {
    const [answer] = await exchange(await serveFiles(), get(`/${DEB}`, ...headers), 1);
    expect(answer?.status).toBe(status);
    expect(answer?.body.equals(BIG.subarray(start, end))).toBe(true);
    expect(answer?.headers.get('content-range')).toBe(status === 206 ? `bytes ${start}-${end - 1}/3145728` : undefined);
  });

  it('says how long a file is when a range is beyond it, as apt needs when its part is whole', async () => {
    const url = await serveFiles();
    const [answer, next] = await exchange(url, get(`/${DEB}`, 'Range: bytes=3145728-', `If-Range: ${SAME}`) + get('/empty'), 2);
    expect([answer?.status, answer?.headers.get('content-range')]).toEqual([416, 'bytes */3145728']);
    expect([next?.status, next?.headers.get('content-length')]).toEqual([200, '0']);
  });

  it('sends several ranges as one multipart body, for files in memory and in the pool', async () => {
    const url = await serveFiles();
    const files: readonly (readonly [string, Buffer])[] = [
      [DEB, BIG],
      ['dists/stable/InRelease', Buffer.from('Origin: Test\n')],
    ];
    for (const [path, content] of files) {
      const [answer] = await exchange(url, get(`/${path}`, 'Range: bytes=4-6, 0-1, -2'), 1);
      expect(answer?.status).toBe(206);
      const boundary = /^multipart\/byteranges; boundary=(\S+)$/.exec(answer?.headers.get('content-type') ?? '')?.[1];
      const parts = answer?.body.toString('latin1').split(`\r\n--${boundary}`) ?? [];
      expect(parts.shift()).toBe('');
      expect(parts.pop()).toBe('--\r\n');
      const size = content.length;
      const wanted = [
        [4, 6],
        [0, 1],
        [size - 2, size - 1],
      ] as const;
      expect(parts.map((part) => part.split('\r\n\r\n', 1)[0]?.split('\r\n').at(-1))).toEqual(
        wanted.map(([start, end]) => `Content-Range: bytes ${start}-${end}/${size}`),
      );
      expect(parts.map((part) => part.slice(part.indexOf('\r\n\r\n') + 4))).toEqual(
        wanted.map(([start, end]) => content.toString('latin1', start, end + 1)),
      );
    }
  });

  it('answers ten pipelined requests in order on one connection, the missing ones too', async () => {
    const url = await serveFiles();
    const targets = ['/empty', `/${DEB}`, '/none', '/dists/stable/InRelease', '/%zz', '/dists', `/${DEB}`, '/healthz', '/none', '/empty'];
    const answers = await exchange(url, targets.map((target) => get(target)).join(''), 10);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 200, 400, 301, 200, 200, 404, 200]);
    expect(answers[6]?.body.equals(BIG)).toBe(true);
    for (const { headers } of answers) {
      expect(headers.get('connection')).toBe('keep-alive');
      expect(headers.has('content-length')).toBe(true);
    }
  });

  it('answers everything to a client that closes its sending side at once', async () => {
    const { hostname, port } = new URL(await serveFiles());
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    socket.end(get(`/${DEB}`) + get('/dists/stable/InRelease'));
    let received = 0;
    for await (const chunk of socket as AsyncIterable<Buffer>) received += chunk.length;
    expect(received).toBeGreaterThan(BIG.length + 13);
  });

  it('says 503 and logs when the pool lacks a file, and serves the others', async () => {
    const url = await serveFiles();
    const path = join(site.storage, 'pool/sha256', sha256(BIG).slice(0, 2), sha256(BIG));
    rmSync(path);
    expect((await fetch(`${url}/${DEB}`)).status).toBe(503);
    expect(site.logged.filter((line) => line.startsWith('error: ') && line.includes(sha256(BIG)))).toHaveLength(1);
    expect((await fetch(`${url}/dists/stable/InRelease`)).status).toBe(200);
  });

  it('does not send a file that is shorter than it was published, nor a small one that is damaged', async () => {
    await site.publish('main', { big: { content: BIG }, 'small.deb': { content: 'small', permanence: 'fixed' } }, { path: '/' });
    const { url } = await site.serve();
    const at = (digest: string) => join(site.storage, 'pool/sha256', digest.slice(0, 2), digest);
    chmodSync(at(sha256(BIG)), 0o600);
    truncateSync(at(sha256(BIG)), 1000);
    chmodSync(at(sha256('small')), 0o600);
    writeFileSync(at(sha256('small')), 'sm@ll');
    expect((await fetch(`${url}/big`)).status).toBe(503);
    expect((await fetch(`${url}/small.deb`)).status).toBe(503);
  });

  it('lets go of a file when the client goes away', async () => {
    const content = Buffer.alloc(64 * 1024 * 1024, 7);
    await site.publish('main', { 'big.rpm': { content, permanence: 'fixed' } }, { path: '/' });
    const { hostname, port } = new URL((await site.serve()).url);
    const socket = connect(Number(port), hostname);
    socket.write(get('/big.rpm'));
    await once(socket, 'data');
    const digest = sha256(content);
    const open = () => readdirSync('/proc/self/fd').filter((fd) => linkOf(fd).endsWith(digest)).length;
    expect(open()).toBe(1);
    socket.destroy();
    await expect.poll(open).toBe(0);
    expect(site.logged.filter((line) => line.startsWith('error'))).toEqual([]);
  });

  it('tells its health and readiness, and what is not there', async () => {
    const url = await serveFiles();
    expect(await (await fetch(`${url}/healthz`)).text()).toBe('ok\n');
    const ready = await fetch(`${url}//readyz?x`);
    expect([ready.status, await ready.json()]).toEqual([200, { ready: true, checks: { server: 'ok', state: 'ok', pool: 'ok' } }]);
    for (const path of ['metrics', 'api', 'api/x', '-/', '-/keys/none.asc']) expect((await fetch(`${url}/${path}`)).status).toBe(404);
  });

  it('gives public keys by publication and by fingerprint', async () => {
    const signedBy = 'ABCDEF0123456789ABCDEF0123456789ABCDEF01';
    const theirs = { fingerprint: '0123456789ABCDEF0123456789ABCDEF01234567', armored: 'THEIR KEY\n' };
    await site.publish('docker', { x: 'x' }, { signedBy, publicKey: 'OUR KEY\n', packageKeys: [theirs] });
    const { url } = await site.serve();
    for (const [name, key] of [
      ['docker', 'OUR KEY\n'],
      [signedBy, 'OUR KEY\n'],
      [signedBy.toLowerCase(), 'OUR KEY\n'],
      [theirs.fingerprint, 'THEIR KEY\n'],
    ]) {
      const answer = await fetch(`${url}/-/keys/${name}.asc`);
      expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([200, 'application/pgp-keys', key]);
    }
  });

  it('starts before there is anything, says so, and serves what is published later', async () => {
    const { url } = await site.serve();
    expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({
      ready: false,
      checks: { state: expect.stringContaining('no state database') },
    });
    expect(await (await fetch(`${url}/`)).text()).toContain('Nothing is published yet');
    await site.publish('main', { x: 'later' });
    await expect.poll(async () => await (await fetch(`${url}/main/x`)).text()).toBe('later');
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  it('names the cause when it cannot listen', async () => {
    const { url } = await site.serve();
    const { host } = new URL(url);
    await expect(site.serve({ listen: host })).rejects.toMatchObject({
      code: 'LISTEN',
      message: expect.stringContaining('another program'),
    });
    await expect(site.serve({ listen: 'nonsense' })).rejects.toMatchObject({ code: 'LISTEN' });
    await expect(site.serve({ listen: '192.0.2.1:0' })).rejects.toMatchObject({ code: 'LISTEN' });
  });
});

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}
