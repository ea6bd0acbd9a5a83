import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { directoryPage } from '../../src/serve/listing.ts';
import { exchange, get } from './raw-http.ts';
import { makeSite, type Site } from './site.ts';

const HOSTILE = `"><script>alert('1')</script>&amp;`;

let site: Site;
beforeEach(async () => {
  site = await makeSite();
});
afterEach(async () => {
  await site.remove();
});

async function page(url: string): Promise<string> {
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
  return await answer.text();
}

/** Where the links of a page lead, as a browser follows them. */
function links(html: string, base: string): string[] {
  const unescaped = (text: string) => text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
  return [...html.matchAll(/href="([^"]*)"/g)].map(([, href = '']) =>
    new URL(unescaped(href), base).href.slice(new URL(base).origin.length),
  );
}

describe('serve/listing', () => {
  it('sends a directory without its slash to the one with it, safely', async () => {
    await site.publish('main', { 'a b/c:d/x': 'x', 'evil.example/x': 'x' }, { path: '/' });
    const { url } = await site.serve();
    const location = async (target: string) => (await exchange(url, get(target), 1))[0]?.headers.get('location');
    expect(await location('/a%20b/c:d?format=json')).toBe('/a%20b/c%3Ad/?format=json');
    expect(await location('//evil.example')).toBe('/evil.example/');
    expect(await location('http://elsewhere/evil.example')).toBe('/evil.example/');
  });

  it('lists directories first, then files, each by name, with links that lead there', async () => {
    await site.publish('main', { 'p/z.deb': 'x'.repeat(2048), 'p/B.deb': '1', 'p/lib++/y': 'y', 'p/a/x': 'x', 'p/c:%41 ?#.deb': '2' });
    const { url } = await site.serve();
    const html = await page(`${url}/main/p/`);
    const names = [...html.matchAll(/<td><a href="[^"]*">([^<]*)<\/a><\/td>/g)].map(([, name]) => name);
    expect(names).toEqual(['../', 'a/', 'lib++/', 'B.deb', 'c:%41 ?#.deb', 'z.deb']);
    expect(html).toContain('<span title="2048 bytes">2.0 KiB</span>');
    expect(html).toContain('1994-11-06 08:49');
    for (const link of links(html, `${url}/main/p/`)) expect((await fetch(url + link)).status).toBe(200);
    expect(links(html, `${url}/main/p/`)).toEqual(expect.arrayContaining(['/', '/main/', '/main/p/c%3A%2541%20%3F%23.deb']));
  });

  it('gives JSON to those who ask for it', async () => {
    await site.publish('main', { 'p/a.deb': 'x', 'p/d/b.deb': 'x' });
    const { url } = await site.serve();
    const wanted = {
      path: '/main/p/',
      entries: [
        { name: 'd', type: 'directory', modified: '1994-11-06T08:49:37.000Z' },
        {
          name: 'a.deb',
          type: 'file',
          modified: '1994-11-06T08:49:37.000Z',
          size: 1,
          sha256: createHash('sha256').update('x').digest('hex'),
        },
      ],
    };
    expect(await (await fetch(`${url}/main/p/?format=json`)).json()).toEqual(wanted);
    expect(await (await fetch(`${url}/main/p/`, { headers: { Accept: 'application/json' } })).json()).toEqual(wanted);
    const browser = await fetch(`${url}/main/p/`, { headers: { Accept: 'text/html,application/json' } });
    expect(browser.headers.get('content-type')).toContain('text/html');
  });

  it('runs nothing that an upstream put into a name, anywhere', async () => {
    await site.publish('main', { [`${HOSTILE}/${HOSTILE}.deb`]: 'x' }, { components: [HOSTILE], distribution: HOSTILE });
    const { url } = await site.serve();
    const segment = encodeURIComponent(HOSTILE).replace('%2F', '/');
    for (const path of ['/', '/main/', `/main/${segment.split('/')[0]}/`]) {
      const answer = await fetch(url + path);
      const html = await answer.text();
      expect(html).not.toMatch(/<script|&amp;</i);
      expect(html).not.toContain(HOSTILE);
      const policy = answer.headers.get('content-security-policy') ?? '';
      const style = /<style>(.*)<\/style>/s.exec(html)?.[1] ?? '';
      expect(policy).toContain(`default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`);
    }
  });

  it('starts with what is published, how far it is verified, and how a client uses it', async () => {
    await site.publish('xenial', { 'dists/x': 'x' }, { publicKey: 'KEY', packages: 1234, bytes: 5 * 1024 ** 3 });
    await site.publish(
      'docker',
      { x: 'x' },
      { family: 'yum', path: '/yum/docker', verified: false, distribution: undefined, components: [] },
    );
    const { url } = await site.serve();
    const html = await page(`${url}/`);
    expect(html).toMatch(/docker.*NOT verified.*not signed.*mirror client docker --for yum.*xenial/s);
    expect(html).toMatch(/xenial.*1234 packages, 5\.0 GiB.*>verified<.*mirror client xenial --for apt/s);
    for (const link of links(html, `${url}/`)) expect((await fetch(url + link)).status).toBe(200);
    const { publications } = (await (await fetch(`${url}/?format=json`)).json()) as { publications: Record<string, unknown>[] };
    expect(publications.map(({ name, path, generation }) => [name, path, generation])).toEqual([
      ['docker', '/yum/docker', 1],
      ['xenial', '/xenial', 1],
    ]);
    expect(links(await page(`${url}/yum/`), `${url}/yum/`)).toContain('/yum/docker/');
  });

  it('has pages where there are tens of thousands of files', async () => {
    const files = Array.from({ length: 12_000 }, (_, index) => ({
      path: `Packages/${String(index).padStart(5, '0')}.rpm`,
      modified: 0,
      permanence: 'fixed' as const,
      blob: { sha256: '0'.repeat(64), size: index },
    }));
    const rows = (number: number) =>
      [...directoryPage('/x', { directories: new Map(), files }, number).matchAll(/>(\d{5})\.rpm</g)].map(([, name]) => name);
    expect([rows(1).length, rows(2).length, rows(3).length]).toEqual([5000, 5000, 2000]);
    expect(rows(3)[0]).toBe('10000');
    expect(rows(99)).toEqual(rows(3));
    expect(rows(-1)).toEqual(rows(1));
    expect(directoryPage('/x', { directories: new Map(), files }, 1)).toContain('<a href="?page=3">3</a>');
  });
});
