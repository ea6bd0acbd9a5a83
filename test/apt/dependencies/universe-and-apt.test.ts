import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { type AptCandidate, readCandidate } from '../../../src/apt/candidate.ts';
import { createUniverse } from '../../../src/apt/dependencies/universe.ts';
import { parseStanzas } from '../../../src/apt/format/deb822.ts';
import { createAptClient } from '../../support/apt-client.ts';
import { describeWithTools } from '../../support/requirements.ts';
import { stanza } from '../archive.ts';

const ARCHITECTURES = ['amd64', 'i386'];
const MULTI_ARCH = [undefined, 'same', 'foreign', 'allowed'];
/** What a package of version 2 says that it provides, NAME being another one's. */
const PROVIDES = ['NAME', 'NAME (= 2)', 'NAME (= 1)', 'NAME:any (= 2)', 'NAME:i386 (= 2)', 'NAME:amd64'];
const RELATIONS = [
  'NAME',
  'NAME:any',
  'NAME:amd64',
  'NAME:i386',
  'NAME (>= 2)',
  'NAME:any (>= 2)',
  'NAME (<< 2)',
  'NAME (= 2)',
  'NAME (> 1)',
];

/** Every kind of package that may satisfy a relation, under a name of its own. */
function targets(): { readonly name: string; readonly stanza: string }[] {
  const found: { name: string; stanza: string }[] = [];
  for (const architecture of [...ARCHITECTURES, 'all']) {
    for (const multiArch of MULTI_ARCH) {
      // dpkg knows no such packages.
      if (architecture === 'all' && multiArch === 'same') continue;
      const fields = { Architecture: architecture, Version: '2', ...(multiArch === undefined ? {} : { 'Multi-Arch': multiArch }) };
      const own = `own-${architecture}-${multiArch ?? 'no'}`;
      found.push({ name: own, stanza: stanza(own, fields) });
      for (const [index, provides] of PROVIDES.entries()) {
        const name = `virtual-${architecture}-${multiArch ?? 'no'}-${index}`;
        found.push({ name, stanza: stanza(`provider-of-${name}`, { ...fields, Provides: provides.replace('NAME', name) }) });
      }
    }
  }
  return found;
}

/** A package of each architecture for each relation on each target. */
function askers(names: readonly string[]): string[] {
  return [...ARCHITECTURES, 'all'].flatMap((architecture) =>
    names.flatMap((name) =>
      RELATIONS.map((relation, index) =>
        stanza(`asker-${architecture}-${index}-${name}`, { Architecture: architecture, Depends: relation.replace('NAME', name) }),
      ),
    ),
  );
}

describeWithTools(['apt-get', 'apt-cache'], 'apt/dependencies/universe beside apt', () => {
  const root = mkdtempSync(join(tmpdir(), 'mirror-apt-universe-'));
  afterAll(() => rmSync(root, { recursive: true }));

  it('satisfies the relations that apt satisfies, on two architectures', async () => {
    const offered = targets();
    const stanzas = [...offered.map((target) => target.stanza), ...askers(offered.map(({ name }) => name))];
    const client = createAptClient(join(root, 'client'));
    const options = [...ARCHITECTURES.flatMap((architecture) => ['-o', `APT::Architectures::=${architecture}`])];
    const flat = join(root, 'archive');
    mkdirSync(flat);
    writeFileSync(join(flat, 'Packages'), `${stanzas.join('\n\n')}\n`);
    client.sources(`Types: deb\nURIs: file:${flat}\nSuites: ./\nTrusted: yes\n`);
    const updated = await client.get('update', ...options);
    expect(updated.status, updated.stderr).toBe(0);
    const unmet = execFileSync('apt-cache', ['unmet', '--important', ...options], {
      env: { ...process.env, APT_CONFIG: join(client.root, 'apt.conf'), LC_ALL: 'C' },
      encoding: 'utf8',
    });
    const refused = new Set([...unmet.matchAll(/^Package (\S+) version/gm)].map(([, name = '']) => name.replace(/:i386$/, '')));

    const candidates: AptCandidate[] = [...parseStanzas(Buffer.from(stanzas.join('\n\n')), 'test')].map((parsed) =>
      readCandidate(parsed, { mirror: 'm', component: '', what: 'test' }),
    );
    const universe = createUniverse(candidates);
    const strong = { recommends: false, suggests: false, source: false, allVariants: false, native: 'amd64' };
    const ours = candidates.filter((candidate) =>
      universe.requirements(candidate, strong).some(({ alternatives }) => alternatives.every((list) => list.length === 0)),
    );
    const open = new Set(ours.map(({ name }) => name));
    const wrong = candidates.map(({ name }) => name).filter((name) => open.has(name) !== refused.has(name));
    expect(wrong.map((name) => `${name}: ${open.has(name) ? 'apt satisfies it' : 'apt does not satisfy it'}`)).toEqual([]);
    expect(refused.size).toBeGreaterThan(500);
    expect(candidates.length - refused.size).toBeGreaterThan(500);
  });
});
