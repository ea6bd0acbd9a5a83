import type { Keyring } from '../openpgp/types.ts';
import type { PackageRecord } from '../store/catalogue.ts';

/** A file of the user's, as operations hand it to a family. */
export interface LocalFile {
  /** Absolute; for messages, too. */
  readonly path: string;
  /** Without its directory. */
  readonly name: string;
  /** Its bytes, from the beginning. Throws FILE_MISSING. */
  read(): AsyncIterable<Buffer>;
  /** The file of this name in the same directory. Throws FILE_MISSING. */
  beside(name: string): Promise<LocalFile>;
}

/** A package that was read from files and can be stored. */
export interface LocalPackage {
  readonly record: PackageRecord;
  /** Its own file, then the further ones in the order of the record. */
  readonly files: readonly LocalFile[];
  readonly extras: readonly { readonly kind: string; readonly data: Buffer }[];
}

/** What a file was found to hold. */
export interface LocalReading {
  readonly packages: readonly LocalPackage[];
  /** What a person should know of it: who signed it, what it names that is no package. */
  readonly notices: readonly string[];
}

/** By whom what is added must be signed. */
export interface LocalTrust {
  /** Undefined when who adds a package vouches for it. */
  readonly keyring: Keyring | undefined;
  readonly now: Date;
}

/** How a family reads packages from files, for local repositories. */
export interface LocalPackages {
  /** How names of such files end, in the order in which files are to be read: earlier ones may name later ones. */
  readonly extensions: readonly string[];
  /** Whether packages have signatures of their own, which clients can check. */
  readonly packagesAreSigned: boolean;
  /**
   * Reads a file whole, with those that it names beside it. METADATA_INVALID, CHECKSUM_MISMATCH, FILE_MISSING and the like when any of them is not sound;
   * PACKAGE_UNSIGNED, SIGNATURE_MISSING, SIGNATURE_INVALID and SIGNATURE_WEAK where there are keys.
   */
  read(file: LocalFile, trust: LocalTrust): Promise<LocalReading>;
}
