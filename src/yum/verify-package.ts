import { MirrorError } from '../core/errors.ts';
import type { Keyring } from '../openpgp/types.ts';
import type { Blob, BlobStore } from '../store/blobs.ts';
import { labelOf, type YumCandidate } from './candidate.ts';
import type { PackageHeaders } from './format/package/package-file.ts';
import { formatEvr } from './format/version.ts';
import { checkPackage, startPackageCheck } from './package-check.ts';

/** Packages up to this size in bytes are read at once, which takes less time than a stream. */
const SMALL = 256 * 1024;

export interface StoredPackageCheck {
  readonly candidate: YumCandidate;
  readonly file: Blob;
  readonly blobs: BlobStore;
  readonly keyring: Keyring;
  readonly now: Date;
}

/**
 * Checks that a package in the pool is the one that the metadata names, and that a trusted key signed all of it.
 * Throws METADATA_INVALID when it is another package, damaged or no package; PACKAGE_UNSIGNED, SIGNATURE_INVALID, SIGNATURE_WEAK.
 */
export async function verifyPackage({ blobs, candidate, file, keyring, now }: StoredPackageCheck): Promise<void> {
  const what = `package ${labelOf(candidate)} of mirror "${candidate.mirror}"`;
  const options = { what, keyring, now };
  if (file.size > SMALL) {
    compareIdentity(candidate, await checkPackage(blobs.read(file.sha256), options), what);
    return;
  }
  const check = startPackageCheck(options);
  check.update(await blobs.readWhole(file.sha256, file.size));
  compareIdentity(candidate, check.finish(), what);
}

function compareIdentity(candidate: YumCandidate, headers: PackageHeaders, what: string): void {
  const found = { name: headers.name, version: formatEvr(headers), architecture: headers.architecture };
  const architecture = candidate.architecture === 'nosrc' ? 'src' : candidate.architecture;
  if (found.name === candidate.name && found.version === candidate.version && found.architecture === architecture) return;
  throw new MirrorError('METADATA_INVALID', `${what} is really ${labelOf(found)}`, {
    hint: 'The metadata of the upstream names another package than the file is. Nothing was taken over; report it to the upstream.',
  });
}
