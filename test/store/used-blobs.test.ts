import { describe, expect, it } from 'vitest';
import { packageRecord, temporaryCatalogue } from './catalogue-fixture.ts';
import { sha256 } from './storage-fixture.ts';

describe('store/used-blobs', () => {
  it('finds what packages, their further files and states name, and nothing of the registry', async () => {
    const { catalogue } = await temporaryCatalogue();
    const names = ['package', 'source file', 'index', 'registry', 'nothing'];
    const [asPackage = '', asFile = '', asIndex = '', ofRegistry = '', unknown = ''] = names.map(sha256);
    catalogue.addPackages('apt', [
      packageRecord(1, { sha256: asPackage }),
      packageRecord(2, { files: [{ name: 'x.dsc', sha256: asFile, size: 1 }] }),
    ]);
    catalogue.putRepo({
      name: 'local',
      family: 'apt',
      contents: {
        list: catalogue.saveList('apt', []),
        supplements: [{ kind: 'contents', mirror: 'upstream', path: 'Contents-amd64', sha256: asIndex, size: 1 }],
        checked: { metadata: true, packages: false },
        keys: [],
      },
      changedAt: 1,
    });
    const blob = { digest: `sha256:${ofRegistry}`, sha256: ofRegistry, size: 1, linkedAt: 1 };
    catalogue.registry.linkBlob({ repository: 'app', blob }, () => true);
    const wanted = new Set([asPackage, asFile, asIndex, ofRegistry, unknown]);
    expect([...catalogue.namedBlobs(wanted)].sort()).toEqual([asPackage, asFile, asIndex].sort());
    expect(catalogue.namedBlobs(new Set())).toEqual(new Set());
  });
});
