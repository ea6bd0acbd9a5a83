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
  readonly date: Date;
  readonly architectures: readonly string[];
  readonly components: readonly string[];
  readonly description: string;
  /** Also those that are not on disk: apt wants to see the name of an index without its compression. */
  readonly files: readonly ListedFile[];
}

/**
 * The text of a Release file, files sorted by path. Only SHA-256 is listed: apt prefers SHA512 wherever that is listed, and would ask
 * for by-hash names of that kind. Throws CONFIG_INVALID for a value that would not stay on its line.
 */
export function formatRelease(content: ReleaseContent): string {
  const fields: readonly (readonly [string, string])[] = [
    ['Origin', content.origin],
    ['Label', content.label],
    ['Suite', content.suite],
    ['Codename', content.codename],
    ['Date', formatReleaseDate(content.date)],
    ['Acquire-By-Hash', 'yes'],
    ['Architectures', content.architectures.join(' ')],
    ['Components', content.components.join(' ')],
    ['Description', content.description],
  ];
  const lines = fields.map(([name, value]) => {
    if (/\p{Cc}/u.test(value))
      throw new MirrorError('CONFIG_INVALID', `the ${name} of a publication has a control character or line break`);
    return `${name}: ${value}`;
  });
  const files = [...content.files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const width = Math.max(...files.map((file) => String(file.size).length), 0);
  lines.push('SHA256:', ...files.map((file) => ` ${file.sha256} ${String(file.size).padStart(width)} ${file.path}`));
  return `${lines.join('\n')}\n`;
}
