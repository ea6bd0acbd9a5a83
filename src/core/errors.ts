/** What the process exits with: 1 failed, 2 wrong usage or configuration. (3, partly done, is a result and not an error.) */
type ExitStatus = 1 | 2;

interface ErrorKind {
  readonly exit: ExitStatus;
  /** One line for docs/errors.md: what it means and what to do. */
  readonly meaning: string;
}

/**
 * Every stable error code. A code is never renamed or given another meaning; docs/errors.md lists the same ones,
 * which a test checks.
 */
export const ERROR_KINDS = {
  USAGE: { exit: 2, meaning: 'The command line is wrong. The message says what was expected.' },
  CONFIG_NOT_FOUND: { exit: 2, meaning: 'No configuration file was found. Name one with --config, or make one with `mirror init`.' },
  CONFIG_INVALID: {
    exit: 2,
    meaning: 'The configuration file has errors. Each is listed with file, line, column, key and what is allowed.',
  },
  CONFIG_EXISTS: { exit: 2, meaning: 'A file that `mirror init` or `mirror add` would write is there already. It was left as it is.' },
  NAME_UNKNOWN: {
    exit: 2,
    meaning: 'No mirror, group, repo, snapshot, publication or user has this name. The message lists the nearest names.',
  },
  PACKAGE_UNKNOWN: {
    exit: 1,
    meaning: 'A filter or a command names a package that the upstream does not have. The message lists the nearest names.',
  },
  NAME_TAKEN: { exit: 2, meaning: 'The name is that of something else already. Choose another, or drop that first.' },
  IN_USE: { exit: 1, meaning: 'What is to be dropped is needed by something else, which the message names.' },
  FILE_MISSING: { exit: 1, meaning: 'A file that was named is not there or cannot be read. The message says which, and what named it.' },
  FILES_REFUSED: { exit: 1, meaning: 'Several files cannot be added to a repo; the message says why for each. Nothing was added.' },
  NAME_INVALID: { exit: 2, meaning: 'A name does not match [a-z0-9][a-z0-9._-]*.' },
  NOTHING_TO_ADOPT: { exit: 1, meaning: '`mirror quickstart` found no apt or dnf repository on this machine that can be mirrored.' },
  NOT_AVAILABLE: { exit: 2, meaning: 'The configuration asks for something that this version does not do. Nothing was changed.' },
  QUERY_INVALID: { exit: 2, meaning: 'A package query could not be parsed. The message points at the column.' },
  LOCKED: {
    exit: 1,
    meaning: 'Another process is working on the same mirror or publication, or seeding the same registry. Wait for it, then run again.',
  },
  STORAGE: { exit: 1, meaning: 'The storage directory cannot be read or written. The message has the path and the cause.' },
  STORAGE_FULL: { exit: 1, meaning: 'The disk is full. Free some space and run again: what was already downloaded is kept.' },
  STATE_NEWER: { exit: 1, meaning: 'The state database was written by a newer version of mirror. Use that version.' },
  BLOB_MISSING: {
    exit: 1,
    meaning: 'A file that should be in the pool is not there: sync the mirror again. Or an archive lacks a blob of its image.',
  },
  BLOB_CORRUPT: { exit: 1, meaning: 'A file in the pool or a stored record does not have the content that its name promises.' },
  ABORTED: { exit: 1, meaning: 'The work was interrupted. Everything is consistent; run again to go on where it stopped.' },
  FETCH_FAILED: { exit: 1, meaning: 'A file could not be fetched: the connection failed or the server answered with an error.' },
  FETCH_NOT_FOUND: { exit: 1, meaning: 'The upstream does not have a file that it should have (404 or 410).' },
  FETCH_DENIED: { exit: 1, meaning: 'The upstream refused access (401 or 403). Check the credentials.' },
  FETCH_TIMEOUT: { exit: 1, meaning: 'The upstream did not answer, or stopped sending, within the timeout.' },
  FETCH_TOO_LARGE: { exit: 1, meaning: 'A file is larger than it should be, or than the ceiling for its kind. It was refused.' },
  FETCH_TRUNCATED: { exit: 1, meaning: 'The connection ended before the whole file had arrived.' },
  FETCH_REDIRECT: { exit: 1, meaning: 'The upstream redirected to an address that is not allowed.' },
  CHECKSUM_MISMATCH: { exit: 1, meaning: 'A file does not have the size or checksum that the signed metadata promises. It was refused.' },
  CHECKSUM_WEAK: {
    exit: 1,
    meaning: 'Metadata has only an MD5 or SHA-1 of a file, and the configuration does not accept that. See `allowWeak`.',
  },
  DECOMPRESS_FAILED: { exit: 1, meaning: 'A compressed file is damaged, cut short, or of an unknown kind.' },
  DECOMPRESS_TOO_LARGE: { exit: 1, meaning: 'A compressed file unpacks to more than its declared size or ceiling. It was refused.' },
  KEY_INVALID: { exit: 1, meaning: 'A key file holds no usable key or certificate, or more than one where one is expected.' },
  KEY_CHANGED: { exit: 1, meaning: 'The key at a URL is not the one that was pinned at first use. The message says how to accept it.' },
  KEY_MISSING: { exit: 2, meaning: 'A signing key or a trusted key is needed and not configured.' },
  KEY_EXISTS: { exit: 2, meaning: 'A key file exists already and was not overwritten.' },
  KEY_LOCKED: { exit: 2, meaning: 'A secret key is protected by a passphrase, and none or a wrong one was given.' },
  KEY_PERMISSIONS: {
    exit: 2,
    meaning: "A file of keys or of the registry's users can be read by others. Make it readable by its owner only (chmod 600).",
  },
  SIGNATURE_MISSING: {
    exit: 1,
    meaning:
      'The upstream is not signed, or no longer signed: one without signatures needs `verify: []`. Or an image is not, for which `verify` asks.',
  },
  SIGNATURE_INVALID: { exit: 1, meaning: 'No good signature by a trusted, unexpired, unrevoked key, or the signed document is malformed.' },
  SIGNATURE_WEAK: {
    exit: 1,
    meaning:
      "The signature uses a hash or a key that is too weak to be trusted. Where a yum mirror's `allowWeak` can accept it, the message says how.",
  },
  RELEASE_EXPIRED: { exit: 1, meaning: 'The upstream metadata is past its Valid-Until. The mirror keeps what it had.' },
  RELEASE_ROLLBACK: { exit: 1, meaning: 'The upstream metadata is older than what was last accepted. The mirror keeps what it had.' },
  RELEASE_FUTURE: { exit: 1, meaning: 'The upstream metadata is dated in the future. Check the clock of this machine.' },
  METADATA_INVALID: { exit: 1, meaning: 'An index or package is malformed. The message says which one and where.' },
  METADATA_INCOMPLETE: { exit: 1, meaning: 'The upstream lacks a component, architecture or index that the configuration asks for.' },
  PATH_UNSAFE: { exit: 1, meaning: 'A path from outside tries to leave its root or cannot be a file name. It was refused.' },
  PACKAGE_CONFLICT: { exit: 1, meaning: 'Two different files would be published under one path.' },
  PACKAGE_UNSIGNED: { exit: 1, meaning: 'A package carries no signature by a trusted key although the mirror asks for one.' },
  SYNC_INCOMPLETE: { exit: 1, meaning: 'Some files of a mirror could not be fetched. The mirror keeps its last complete state.' },
  NEVER_SYNCED: { exit: 1, meaning: 'A mirror that is asked for has no packages yet. Run `mirror sync` first.' },
  CHECK_UNDECIDED: {
    exit: 1,
    meaning:
      'Whether packages can be installed together could not be found out within reasonable time and memory. Ask about fewer at a time.',
  },
  REFERENCE_INVALID: { exit: 2, meaning: 'An image, repository or tag has a name that none can have. The message quotes it.' },
  MANIFEST_INVALID: { exit: 1, meaning: 'The manifest or index of an image is malformed. The message says which one, and where.' },
  ARCHIVE_INVALID: {
    exit: 1,
    meaning: 'An archive or bundle of images is malformed, or has in it what no honest one has. Nothing of it was taken.',
  },
  LIST_INVALID: { exit: 2, meaning: 'A list of images, or a chart that names some, cannot be read. The message says where.' },
  IMAGE_UNKNOWN: { exit: 1, meaning: 'A source or a registry does not have the image, tag or digest that was asked for.' },
  IMAGE_CONFLICT: { exit: 1, meaning: 'Two different images would be seeded under one name. The message says which.' },
  REGISTRY_REFUSED: { exit: 1, meaning: 'A registry refused what was sent to it. The message has its own words.' },
  USERS_INVALID: {
    exit: 2,
    meaning: "The file of the registry's users is malformed, or has a hash that is not bcrypt. The message names the line.",
  },
  CLOCK: { exit: 1, meaning: 'The clock of this machine is behind what was published before. Set it right and run again.' },
  LISTEN: { exit: 1, meaning: 'The server cannot listen on the address. The message has the cause.' },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_KINDS;

export interface MirrorErrorOptions {
  /** What the user can do next, as one sentence. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  /** Machine-readable particulars for --json: only strings and numbers. */
  readonly details?: Readonly<Record<string, string | number>> | undefined;
}

/** The one error type of the program. Anything else that is thrown is a bug and is shown with its stack. */
export class MirrorError extends Error {
  override readonly name = 'MirrorError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, string | number>> | undefined;

  /** @param message what failed, on what, and what was wanted and found; control characters in it are made visible. */
  constructor(code: ErrorCode, message: string, options: MirrorErrorOptions = {}) {
    super(printable(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details;
  }

  get exitStatus(): ExitStatus {
    return ERROR_KINDS[this.code].exit;
  }
}

/** Whether the value is a MirrorError, with one of the given codes if any are given. */
export function isMirrorError(value: unknown, ...codes: readonly ErrorCode[]): value is MirrorError {
  return value instanceof MirrorError && (codes.length === 0 || codes.includes(value.code));
}

/** The message of anything thrown, for use inside another message. */
export function reasonOf(value: unknown): string {
  return value instanceof Error ? value.message : String(value);
}

/** Replaces control characters, which a hostile upstream could use to rewrite a terminal, by visible escapes. Line breaks stay. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) =>
    character === '\n' ? character : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
