import { afterEach } from 'vitest';
import type { Catalogue, PackageRecord } from '../../src/store/catalogue.ts';
import { openCatalogue } from '../../src/store/state.ts';
import { sha256, temporaryDirectory } from './storage-fixture.ts';

const open: Catalogue[] = [];

afterEach(() => {
  for (const catalogue of open.splice(0)) catalogue.close();
});

/** A new, empty catalogue that is closed after the test. */
export async function temporaryCatalogue(): Promise<{ readonly catalogue: Catalogue; readonly storage: string }> {
  const storage = await temporaryDirectory();
  const catalogue = openCatalogue(storage);
  open.push(catalogue);
  return { catalogue, storage };
}

/** A package that differs from those of other numbers. */
export function packageRecord(number: number, change: Partial<PackageRecord> = {}): PackageRecord {
  return {
    name: `package-${number}`,
    version: `1.${number}`,
    architecture: 'amd64',
    sha256: sha256(`file ${number}`),
    size: 100 + number,
    location: `pool/p/package-${number}.deb`,
    record: Buffer.from(`Package: package-${number}\n`),
    ...change,
  };
}
