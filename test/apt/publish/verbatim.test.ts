import { describe, expect, it } from 'vitest';
import { parseStanzas } from '../../../src/apt/format/deb822.ts';
import { formatReleaseDate } from '../../../src/apt/format/release-date.ts';
import type { StoredPackage, Supplement } from '../../../src/store/catalogue.ts';
import type { TreeEntry } from '../../../src/store/generations.ts';
import { makeKey, NOW, sha256, Upstream } from '../archive.ts';
import { publish, stored } from './publish-rig.ts';

const key = await makeKey();
const HOUR = 3_600_000;

interface VerbatimOptions {
  readonly suite?: string;
  /** Paths and content of indexes. */
  readonly indexes: Readonly<Record<string, string>>;
  readonly packages?: readonly StoredPackage[];
  readonly fields?: string;
  readonly date?: Date;
  readonly signed?: 'inline' | 'detached' | 'no';
  readonly previous?: ReadonlyMap<string, TreeEntry>;
  readonly upstream?: Upstream;
}

/** Publishes an upstream with these indexes as it is. */
async function publishAsItIs(options: VerbatimOptions) {
  const { suite = 'stable', indexes, packages = [], fields = '', date = new Date(NOW.getTime() - HOUR), signed = 'inline' } = options;
  const { upstream = new Upstream() } = options;
  const supplements: Supplement[] = [];
  const add = (kind: string, path: string, content: string): void => {
    const component = suite.endsWith('/') ? '' : 'main';
    supplements.push({ kind, mirror: 'base', component, path, ...upstream.store(Buffer.from(content)) });
  };
  const lines = Object.entries(indexes).map(([path, text]) => ` ${sha256(Buffer.from(text))} ${Buffer.byteLength(text)} ${path}\n`);
  const release = `Origin: Up\nCodename: test\nDate: ${formatReleaseDate(date)}\n${fields}SHA256:\n${lines.join('')}`;
  for (const [path, text] of Object.entries(indexes)) add('index', path, text);
  if (signed === 'inline') add('release', 'InRelease', await key.signer.signCleartext(release, date));
  else add('release', 'Release', release);
  if (signed === 'detached') add('release', 'Release.gpg', await key.signer.signDetached(Buffer.from(release), date));
  const published = await publish([{ name: 'main', supplements, packages }], {
    config: { metadata: 'verbatim' },
    distribution: suite,
    upstream,
    sourceKeys: signed === 'no' ? [] : [{ fingerprint: key.signer.fingerprint, armored: key.publicKey }],
    ...(options.previous === undefined ? {} : { previous: options.previous }),
  });
  return { ...published, supplements };
}

const index = (...packages: readonly StoredPackage[]): string => packages.map(({ record }) => `${record}\n\n`).join('');
const PATH = 'main/binary-amd64/Packages';

describe('apt/publish/verbatim', () => {
  it("has the upstream's own files under their own names, and by hash where the upstream has that", async () => {
    const packages = [stored('a'), stored('doc', { Architecture: 'all', Filename: 'elsewhere/doc.deb' })];
    const indexes = { [PATH]: index(...packages), 'main/source/Sources': '' };
    const { tree, files, supplements } = await publishAsItIs({ indexes, packages, fields: 'Acquire-By-Hash: yes\n' });
    expect(tree).toMatchObject({
      distribution: 'stable',
      release: { origin: 'Up', codename: 'test' },
      components: ['main'],
      architectures: ['amd64', 'source'],
      signedBy: key.signer.fingerprint,
    });
    expect(tree.publicKey).toContain('BEGIN PGP PUBLIC KEY BLOCK');
    const [packagesFile] = supplements;
    expect([...files.keys()].filter((path) => !path.includes('source')).sort()).toEqual(
      [
        'dists/stable/InRelease',
        `dists/stable/${PATH}`,
        `dists/stable/main/binary-amd64/by-hash/SHA256/${packagesFile?.sha256}`,
        'elsewhere/doc.deb',
        'pool/main/a/a/a_1.0-1_amd64.deb',
      ].sort(),
    );
    expect(files.get(`dists/stable/${PATH}`)).toEqual({ sha256: packagesFile?.sha256, permanence: 'current' });
    expect(
      (await publishAsItIs({ indexes, packages })).files.has(`dists/stable/main/binary-amd64/by-hash/SHA256/${packagesFile?.sha256}`),
    ).toBe(false);
  });

  it.each(['stable/', './'])('has a flat repository (%s) at its own path, and without components', async (suite) => {
    const packages = [stored('a', { Filename: './a.deb' })].map((one) => ({ ...one, location: 'a.deb' }));
    const { tree, files } = await publishAsItIs({ suite, indexes: { Packages: index(...packages) }, packages, signed: 'detached' });
    const root = suite === './' ? '' : suite;
    expect([...files.keys()].sort()).toEqual([`${root}Packages`, `${root}Release`, `${root}Release.gpg`, 'a.deb'].sort());
    expect(tree).toMatchObject({ distribution: suite, components: [], architectures: ['amd64'], signedBy: key.signer.fingerprint });
  });

  it('links a package at every place that an index names', async () => {
    const one = stored('a');
    const twice = `${index(one)}${String(one.record).replace('pool/main/a/a/', 'copy/')}\n\n`;
    const { files } = await publishAsItIs({ indexes: { [PATH]: twice }, packages: [one] });
    expect(files.get('copy/a_1.0-1_amd64.deb')?.sha256).toBe(one.sha256);
    expect([...parseStanzas(Buffer.from(twice), 'Packages')]).toHaveLength(2);
  });

  it('refuses what is not a whole mirror, naming what is missing', async () => {
    const [one, two] = [stored('a'), stored('b')];
    await expect(publishAsItIs({ indexes: { [PATH]: index(one, two) }, packages: [one] })).rejects.toMatchObject({
      code: 'METADATA_INCOMPLETE',
      message: expect.stringContaining('b_1.0-1_amd64'),
    });
    await expect(publish([{ name: 'main', supplements: [], packages: [one] }], { config: { metadata: 'verbatim' } })).rejects.toMatchObject(
      {
        code: 'CONFIG_INVALID',
      },
    );
  });

  it('does not ask for packages of architectures that are not mirrored', async () => {
    const [one, two] = [stored('a'), stored('b', { Architecture: 'i386' })];
    const { files } = await publishAsItIs({ suite: './', indexes: { Packages: index(one, two) }, packages: [one] });
    expect(files.size).toBe(3);
  });

  it('refuses a Release that the keys of the mirror did not sign', async () => {
    const upstream = new Upstream();
    const other = await makeKey();
    const supplements: Supplement[] = [
      { kind: 'index', mirror: 'base', path: PATH, ...upstream.store(Buffer.from('')) },
      {
        kind: 'release',
        mirror: 'base',
        path: 'InRelease',
        ...upstream.store(Buffer.from(await other.signer.signCleartext('Origin: x\nSHA256:\n', NOW))),
      },
    ];
    const sourceKeys = [{ fingerprint: key.signer.fingerprint, armored: key.publicKey }];
    await expect(
      publish([{ name: 'main', supplements, packages: [] }], { config: { metadata: 'verbatim' }, upstream, sourceKeys }),
    ).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
  });

  it('takes an upstream of which nothing is verified', async () => {
    const { tree } = await publishAsItIs({ indexes: { [PATH]: '' }, signed: 'no' });
    expect([tree.signedBy, tree.publicKey]).toEqual([undefined, undefined]);
  });

  it('warns of what clients refuse or pass over', async () => {
    const upstream = new Upstream();
    const before = upstream.store(Buffer.from(await key.signer.signCleartext(`Date: ${formatReleaseDate(NOW)}\nSHA256:\n`, NOW)));
    const path = 'dists/stable/InRelease';
    const previous = new Map<string, TreeEntry>([[path, { path, blob: before, modified: 0, permanence: 'current' }]]);
    const fields = `Valid-Until: ${formatReleaseDate(new Date(NOW.getTime() - 1000))}\n`;
    const { events } = await publishAsItIs({ indexes: { [PATH]: '' }, fields, previous, upstream });
    expect(events.map((event) => (event.type === 'warning' ? event.message : ''))).toEqual([
      expect.stringContaining('expired at 2024-06-10T11:59:59.000Z'),
      expect.stringContaining('is of 2024-06-10T11:00:00.000Z, older than what was published before, of 2024-06-10T12:00:00.000Z'),
    ]);
  });
});
