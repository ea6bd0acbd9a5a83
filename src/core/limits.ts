const MiB = 1024 * 1024;

/** Ceilings on what is read from outside before anything vouches for its size. All in bytes. */
export const LIMITS = {
  /** InRelease, Release, repomd.xml: the signed documents that state every other size. */
  signedDocument: 16 * MiB,
  /** A detached signature. */
  signature: 1 * MiB,
  /** A file of OpenPGP keys. */
  keyFile: 4 * MiB,
  /** A mirrorlist, metalink or other list of servers. */
  serverList: 4 * MiB,
  /** A .treeinfo. */
  treeinfo: 1 * MiB,
  /** One compressed index as fetched, where the signed metadata does not state a size. */
  index: 2048 * MiB,
  /** One index unpacked, where the signed metadata does not state a size. */
  indexUnpacked: 8192 * MiB,
  /** A package file, where the metadata does not state a size. */
  package: 16384 * MiB,
  /** One stanza of an APT index, or one package element of a yum index. */
  record: 16 * MiB,
  /** The main header of an RPM package. */
  rpmHeader: 256 * MiB,
} as const;
