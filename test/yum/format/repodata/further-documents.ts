import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { MetadataDocument } from '../../../../src/yum/format/repodata/further-metadata.ts';
import { type PublishedPackages, publishedPackages } from '../../../../src/yum/format/repodata/published-packages.ts';
import { SHARED_DATA } from '../../../support/requirements.ts';

/** A document of a test. */
export function written(text: string, what = 'the document'): MetadataDocument {
  return { bytes: Buffer.from(text), what };
}

/** A document of the shared data, unpacked. */
export function sharedDocument(path: string): MetadataDocument {
  const bytes = readFileSync(join(SHARED_DATA ?? '', 'fixtures', path));
  return { bytes: path.endsWith('.gz') ? gunzipSync(bytes) : bytes, what: path };
}

/** Packages written as `name-[epoch:]version-release.arch`. */
export function published(...labels: readonly string[]): PublishedPackages {
  return publishedPackages(
    labels.map((label) => {
      const [, name = '', version = '', architecture = ''] = /^(.+)-([^-]+-[^-]+)\.([^.]+)$/.exec(label) ?? [];
      return { name, version, architecture };
    }),
  );
}

/** That everything is published. */
export const EVERYTHING: PublishedPackages = { hasName: () => true, has: () => true };
