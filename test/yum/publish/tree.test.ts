import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateKey } from '../../../src/openpgp/generate-key.ts';
import { openSigner } from '../../../src/openpgp/signer.ts';
import type { Signer } from '../../../src/openpgp/types.ts';
import type { PackageExtra, StoredPackage } from '../../../src/store/catalogue.ts';
import type { YumCandidate } from '../../../src/yum/candidate.ts';
import { yumFamily } from '../../../src/yum/family.ts';
import { createDnfClient } from '../../support/dnf-client.ts';
import { describeWithTools, SHARED_DATA } from '../../support/requirements.ts';
import { writeRepository } from '../repository.ts';
import { createRig, type Rig } from '../rig.ts';
import { folderWriter, PUBLICATION, TIME } from './publishing.ts';

const ALL = { verify: [], architectures: ['x86_64', 'aarch64', 'i686', 'src'] };

describe('yum/publish/tree', () => {
  let scratch: string;
  let target: string;
  let rig: Rig | undefined;
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'mirror-publish-'));
    target = join(scratch, 'tree');
  });
  afterEach(async () => {
    await rig?.close();
    rig = undefined;
    rmSync(scratch, { recursive: true, force: true });
  });

  interface Published {
    readonly stored: readonly StoredPackage[];
    readonly links: ReadonlyMap<string, string>;
    /** The text of a document of the tree, by its type. */
    document(type: string): string;
  }

  /** Reads a served repository and publishes what it lists. The files themselves stay where they are. */
  async function republish(
    root: string,
    options: {
      readonly signer?: Signer;
      readonly withoutExtras?: boolean;
      readonly change?: (all: readonly YumCandidate[]) => YumCandidate[];
    } = {},
  ): Promise<Published> {
    rig = await createRig(root);
    const { blobs, catalogue } = rig;
    const upstream = await rig.refresh(ALL);
    const loaded = await rig.load(ALL, upstream);
    const candidates = options.change?.(loaded) ?? loaded;
    const records = candidates.map((candidate) => {
      const [sum] = candidate.checksums;
      const sha256 =
        sum?.algorithm === 'sha256'
          ? sum.value
          : createHash('sha256')
              .update(sum?.value ?? '')
              .digest('hex');
      return yumFamily.record(candidate, { sha256, size: candidate.size }, []);
    });
    const ids = catalogue.addPackages('yum', records);
    const extras: PackageExtra[] = [];
    if (options.withoutExtras !== true) {
      for await (const { data, index, kind } of yumFamily.extras(candidates, upstream, blobs))
        extras.push({ id: ids[index] ?? 0, kind, data });
    }
    catalogue.addExtras(extras);
    const stored = [...catalogue.packages(catalogue.saveList('yum', ids).id)];
    const writer = folderWriter(target);
    await yumFamily.publish({
      name: 'pub',
      config: PUBLICATION,
      components: [{ name: 'main', supplements: [], packages: stored }],
      blobs,
      sourceKeys: [],
      writer,
      scratch: join(scratch, 'files'),
      signer: options.signer,
      time: TIME,
      extras: (wanted, kind) => catalogue.extras(wanted, kind),
      report: () => undefined,
      signal: new AbortController().signal,
    });
    const document = (type: string): string => {
      const name = readdirSync(join(target, 'repodata')).find((file) => file.endsWith(`-${type}.xml.gz`)) ?? '';
      return gunzipSync(readFileSync(join(target, 'repodata', name))).toString();
    };
    return { stored, links: writer.links, document };
  }

  it('keeps every byte of an element but its location', async () => {
    const root = join(scratch, 'upstream');
    writeRepository(root, [{ name: 'foo', requires: ['a >= 1'], files: ['/usr/bin/é&'], hiddenFiles: ['/x'] }]);
    const { document, links, stored } = await republish(root, {
      change: ([one]) => (one === undefined ? [] : [{ ...one, location: '../../pool/foo&1.rpm' }]),
    });
    const record = stored[0]?.record.toString() ?? '';
    expect([...links.keys()]).toEqual(['Packages/f/foo&1.rpm']);
    expect(document('primary')).toContain(record.replace(/<location [^>]*>/, '<location href="Packages/f/foo&amp;1.rpm"/>'));
    expect(document('primary').replace(record, '')).toContain('packages="1"');
    expect(document('filelists')).toContain('<file>/usr/bin/é&amp;</file><file>/x</file></package>\n</filelists>\n');
  });

  it('writes the same bytes for the same packages and time', async () => {
    const root = join(scratch, 'upstream');
    writeRepository(root, [{ name: 'foo' }, { name: 'bar', arch: 'x86_64' }]);
    await republish(root);
    const repomd = readFileSync(join(target, 'repodata/repomd.xml'), 'utf8');
    await rig?.close();
    target = join(scratch, 'again');
    await republish(root);
    expect(readFileSync(join(target, 'repodata/repomd.xml'), 'utf8')).toBe(repomd);
    expect(repomd).toContain('<revision>1767323045</revision>');
    expect(existsSync(join(target, 'repodata/repomd.xml.asc'))).toBe(false);
  });

  it('names a package in filelists and other of which these said nothing', async () => {
    const root = join(scratch, 'upstream');
    writeRepository(root, [{ name: 'foo', epoch: '2', version: '1.0' }]);
    const { document, stored } = await republish(root, { withoutExtras: true });
    const wanted = `<package pkgid="${stored[0]?.sha256}" name="foo" arch="noarch">\n  <version epoch="2" ver="1.0" rel="1"/>\n</package>`;
    expect(document('filelists')).toContain(wanted);
    expect(document('other')).toContain(wanted);
  });

  it('publishes nothing as an empty repository', async () => {
    const root = join(scratch, 'upstream');
    writeRepository(root, []);
    const { document } = await republish(root);
    expect(document('primary')).toMatch(/packages="0">\n<\/metadata>\n$/);
  });

  const COMPARE = `
import sys, json, createrepo_c as cr
def load(directory):
    md = cr.Metadata()
    md.locate_and_load_xml(directory)
    result = {}
    for key in md.keys():
        p = md.get(key)
        p.location_href, p.location_base = 'x', None
        result[key] = cr.xml_dump(p)
    return result
a, b = load(sys.argv[1]), load(sys.argv[2])
wanted = json.load(sys.stdin)
missing = [k for k in wanted if k not in b]
different = [k for k in wanted if k in b and a[k] != b[k]]
print(json.dumps([len(b), missing, different]))
`;

  describeWithTools(['shared data', '/usr/bin/python3', 'createrepo_c'], 'of real repositories', () => {
    const data = SHARED_DATA ?? '';
    it.each([
      'rpm/pgdg-common-el8',
      'rpm/al2023',
      'rpm/el5-v3sig',
      'rpm/fedora34',
      'rpm/lzma-sha1',
      'rpm/rpm6/x86_64',
      'rpm/rpm6/SRPMS',
      'fixtures/createrepo_c/repo_koji_01',
      'fixtures/createrepo_c/repo_with_additional_metadata',
    ])('%s reads with createrepo_c as the original does', async (name) => {
      const root = join(data, name);
      const { stored } = await republish(root);
      const ids = stored.map((entry) => /pkgid="YES">([0-9a-f]+)</.exec(entry.record.toString('latin1'))?.[1]);
      const answer = execFileSync('/usr/bin/python3', ['-c', COMPARE, root, target], {
        input: JSON.stringify(ids),
        encoding: 'utf8',
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      expect(JSON.parse(answer)).toEqual([ids.length, [], []]);
    });
  });

  describeWithTools(['shared data', 'dnf'], 'for dnf', () => {
    it('is read by dnf with its signature checked, and refused when it was changed', async () => {
      const key = await generateKey({ userId: 'Test', algorithm: 'ed25519', time: new Date('2025-01-01') });
      const root = join(SHARED_DATA ?? '', 'rpm/opensuse-zst');
      const { stored } = await republish(root, { signer: await openSigner({ armoredSecret: key.armoredSecret }) });
      const client = createDnfClient(join(scratch, 'dnf'));
      client.repositories(
        `[test]\nname=test\nbaseurl=file://${target}\nrepo_gpgcheck=1\ngpgcheck=0\ngpgkey=file://${target}/repodata/repomd.xml.key\n`,
      );
      const query = await client.dnf('repoquery', '--repo=test', '--quiet', '--qf=%{name}-%{evr}.%{arch} %{location}');
      expect(query.status).toBe(0);
      const wanted = stored.filter((entry) => entry.architecture !== 'src').map((entry) => `${yumFamily.label(entry)} ${entry.location}`);
      const lines = query.stdout.split('\n').filter((line) => line.includes('.rpm') && !line.includes('.src '));
      expect(lines.map((line) => line.trim()).sort()).toEqual(wanted.sort());
      const files = await client.dnf('repoquery', '--repo=test', '--quiet', '-l', 'x11-xlibre');
      expect(files.stdout).toContain('/usr/');

      const other = createDnfClient(join(scratch, 'dnf-again'));
      const repomd = join(target, 'repodata/repomd.xml');
      execFileSync('sed', ['-i', 's/<revision>1/<revision>2/', repomd]);
      other.repositories(
        `[test]\nname=test\nbaseurl=file://${target}\nrepo_gpgcheck=1\ngpgcheck=0\ngpgkey=file://${target}/repodata/repomd.xml.key\n`,
      );
      expect((await other.dnf('makecache', '--repo=test')).status).not.toBe(0);
    }, 60_000);
  });
});
