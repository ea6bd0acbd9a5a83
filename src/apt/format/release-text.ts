import { MirrorError } from '../../core/errors.ts';
import { formatReleaseDate } from './release-date.ts';

/** A file that the Release vouches for. */
export interface ListedFile {
  /** Relative to the Release file. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

export interface ReleaseContent {
  readonly origin: string;
  readonly label: string;
  readonly suite: string;
  readonly codename: string;
  readonly version?: string | undefined;
  readonly date: Date;
  /** From when clients must not use it any more. */
  readonly validUntil?: Date | undefined;
  /** Clients take packages from here only when they are told to. */
  readonly notAutomatic?: boolean | undefined;
  /** Beside that: they upgrade from here what they took from here. */
  readonly butAutomaticUpgrades?: boolean | undefined;
  /** Fingerprints of the keys that the next Release may be signed by; any that the client trusts where there are none. */
  readonly signedBy?: readonly string[] | undefined;
  readonly architectures: readonly string[];
  readonly components: readonly string[];
  readonly description: string;
  /** Also those that are not on disk: apt wants to see the name of an index without its compression. */
  readonly files: readonly ListedFile[];
}

/**
 * The text of a Release file, files sorted by path. Only SHA-256 is listed: apt prefers SHA512 wherever that is listed, and would ask
 * for by-hash names of that kind. `all` is for no one to list among the architectures: packages for all are in each index.
 * Throws CONFIG_INVALID for a value that would not stay on its line.
 */
export function formatRelease(content: ReleaseContent): string {
  const lines = fieldLines([
    ['Origin', content.origin],
    ['Label', content.label],
    ['Suite', content.suite],
    ['Version', content.version],
    ['Codename', content.codename],
    ['Date', formatReleaseDate(content.date)],
    ['Valid-Until', content.validUntil === undefined ? undefined : formatReleaseDate(content.validUntil)],
    ['NotAutomatic', content.notAutomatic === true ? 'yes' : undefined],
    ['ButAutomaticUpgrades', content.butAutomaticUpgrades === true ? 'yes' : undefined],
    ['Acquire-By-Hash', 'yes'],
    ['Signed-By', content.signedBy?.join(', ')],
    ['Architectures', content.architectures.join(' ')],
    ['Components', content.components.join(' ')],
    ['Description', content.description],
  ]);
  const files = [...content.files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const width = Math.max(...files.map((file) => String(file.size).length), 0);
  const listed = files.map((file) => ` ${file.sha256} ${String(file.size).padStart(width)} ${file.path}\n`);
  return `${lines}SHA256:\n${listed.join('')}`;
}

/** What one directory of indexes is of. */
export interface ComponentReleaseContent {
  readonly suite: string;
  readonly version?: string | undefined;
  readonly origin: string;
  readonly label: string;
  readonly notAutomatic?: boolean | undefined;
  readonly butAutomaticUpgrades?: boolean | undefined;
  readonly component: string;
  /** Or `source`. */
  readonly architecture: string;
}

/** The text of the Release file beside an index, by which older tools know what it is of. Throws CONFIG_INVALID as `formatRelease` does. */
export function formatComponentRelease(content: ComponentReleaseContent): string {
  return fieldLines([
    ['Archive', content.suite],
    ['Version', content.version],
    ['Component', content.component],
    ['Origin', content.origin],
    ['Label', content.label],
    ['NotAutomatic', content.notAutomatic === true ? 'yes' : undefined],
    ['ButAutomaticUpgrades', content.butAutomaticUpgrades === true ? 'yes' : undefined],
    ['Acquire-By-Hash', 'yes'],
    ['Architecture', content.architecture],
  ]);
}

function fieldLines(fields: readonly (readonly [name: string, value: string | undefined])[]): string {
  return fields
    .filter(([, value]) => value !== undefined)
    .map(([name, value = '']) => {
      if (/\p{Cc}/u.test(value)) {
        throw new MirrorError('CONFIG_INVALID', `the ${name} of a publication has a control character or line break`);
      }
      return `${name}: ${value}\n`;
    })
    .join('');
}
