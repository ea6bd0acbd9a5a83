import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { describeWithTools } from '../support/requirements.ts';
import { freePort } from './free-port.ts';
import { exchange, get, type RawAnswer } from './raw-http.ts';
import { MODIFIED, makeSite, type Site } from './site.ts';

const FILES: Readonly<Record<string, string>> = {
  InRelease: 'signed',
  'pool/libfoo++1_2.0~rc1+b1_amd64.deb': 'plus and tilde',
  'pool/foo-1.0^git.rpm': 'caret',
  'pool/foo_1%3a2.0.deb': 'a literal escape',
  'pool/foo_1:2.0.deb': 'a colon',
  'pool/with space.deb': 'space',
  'pool/caf\u00e9.deb': 'not ASCII',
  'pool/...': 'dots',
  "pool/a;b=c,d@e!$&'()*": 'sub-delimiters',
  numbers: '0123456789'.repeat(20),
};

const PATHS = [
  '/InRelease',
  '/./InRelease',
  '//InRelease',
  '/././//InRelease',
  '/InRelease?query',
  '/InRelease#fragment',
  '/%49n%52elease',
  '/pool/libfoo++1_2.0~rc1+b1_amd64.deb',
  '/pool/libfoo%2b%2b1_2.0%7erc1%2bb1_amd64.deb',
  '/pool/libfoo%2B%2B1_2.0%7Erc1%2Bb1_amd64.deb',
  '/pool/libfoo%252b%252b1_2.0~rc1+b1_amd64.deb',
  '/pool/libfoo  1_2.0~rc1 b1_amd64.deb'.replaceAll(' ', '%20'),
  '/pool/foo-1.0%5egit.rpm',
  '/pool/foo-1.0^git.rpm',
  '/pool/foo_1%3a2.0.deb',
  '/pool/foo_1%253a2.0.deb',
  '/pool/foo_1:2.0.deb',
  '/pool/with%20space.deb',
  '/pool/with+space.deb',
  '/pool/caf%c3%a9.deb',
  '/pool/...',
  '/pool/%2e%2e%2e',
  '/pool/%2e/foo_1:2.0.deb',
  "/pool/a;b=c,d@e!$&'()*",
  '/pool/a%3Bb%3Dc%2Cd%40e%21%24%26%27%28%29%2A',
  '/pool/none',
  '/poo',
  '/pool.',
  '/inrelease',
  '/%00',
  '/%',
  '/%2',
  '/%zz',
  '/../../etc/passwd',
  'http://elsewhere/InRelease',
  'http://elsewhere//./pool/foo_1:2.0.deb',
];

/** Not a malformed range, which nginx answers with 416 and RFC 9110 section 14.2 has servers ignore. */
const HEADERS: readonly (readonly string[])[] = [
  [],
  ['Range: bytes=0-4'],
  ['Range: bytes=190-'],
  ['Range: bytes=-3'],
  ['Range: bytes=-1000'],
  ['Range: bytes=200-'],
  ['Range: lines=1-2'],
  ['If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT'],
  ['If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT'],
  ['If-None-Match: "other"', 'If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT'],
  ['If-None-Match: *'],
  ['If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT'],
  ['Range: bytes=0-4', 'If-Range: Sun, 06 Nov 1994 08:49:37 GMT'],
  ['Range: bytes=0-4', 'If-Range: Sun, 06 Nov 1994 08:49:38 GMT'],
  ['Range: bytes=0-4', 'If-Range: "other"'],
];

describeWithTools(['nginx'], 'serve against nginx', () => {
  let directory: string;
  let site: Site;
  let ours: string;
  let theirs: string;
  let nginx: ChildProcess;
  beforeAll(async () => {
    site = await makeSite();
    await site.publish('main', FILES, { path: '/' });
    ours = (await site.serve()).url;
    directory = mkdtempSync(join(tmpdir(), 'mirror-nginx-'));
    for (const [path, content] of Object.entries(FILES)) {
      const file = join(directory, 'root', path);
      mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
      writeFileSync(file, content);
      utimesSync(file, MODIFIED, MODIFIED);
    }
    const port = await freePort();
    theirs = `http://127.0.0.1:${port}`;
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((kind) => `${kind}_temp_path ${directory}/${kind};`)
      .join('\n');
    writeFileSync(
      join(directory, 'nginx.conf'),
      `daemon off; master_process off; pid ${directory}/pid; error_log stderr; events {}
       http { access_log off; ${temporary} if_modified_since before; server { listen 127.0.0.1:${port}; root ${directory}/root; } }`,
    );
    nginx = spawn('nginx', ['-p', directory, '-c', join(directory, 'nginx.conf'), '-e', 'stderr'], { stdio: 'ignore' });
    await vi.waitFor(async () => await fetch(theirs), { timeout: 10_000 });
  });
  afterAll(async () => {
    nginx.kill();
    await once(nginx, 'exit');
    rmSync(directory, { recursive: true });
    await site.remove();
  });

  const both = async (request: string): Promise<(RawAnswer | undefined)[]> => [
    (await exchange(theirs, request, 1))[0],
    (await exchange(ours, request, 1))[0],
  ];

  it.each(PATHS)('%s is the same file, or none', async (path) => {
    const [wanted, found] = await both(get(path, 'Connection: close'));
    expect(found?.status).toBe(wanted?.status);
    if (wanted?.status === 200) expect(found?.body.toString()).toBe(wanted.body.toString());
  });

  it.each(HEADERS.map((headers) => [headers]))('%j', async (headers) => {
    const [wanted, found] = await both(get('/numbers', ...headers, 'Connection: close'));
    expect(found?.status).toBe(wanted?.status);
    expect(found?.headers.get('content-range')).toBe(wanted?.headers.get('content-range'));
    if (wanted?.status !== 200 && wanted?.status !== 206) return;
    expect(found?.body.toString()).toBe(wanted.body.toString());
    for (const name of ['content-length', 'last-modified']) expect(found?.headers.get(name)).toBe(wanted.headers.get(name));
  });
});
