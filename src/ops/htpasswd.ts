import { MirrorError } from '../core/errors.ts';

/** Bcrypt as `htpasswd -B` and every other implementation writes it; `2x` marks hashes of one that was broken. */
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
/** As powers of two. One check with the highest takes seconds, and others wait for it. */
const COST = { least: 4, most: 15 } as const;
const MAX_NAME = 255;

/** What other hashes are called, by how they begin. */
const OTHER_HASHES: readonly (readonly [beginning: RegExp, name: string])[] = [
  [/^\$apr1\$|^\$1\$/, 'MD5'],
  [/^\{SHA\}/, 'SHA-1'],
  [/^\$5\$/, 'SHA-256 crypt'],
  [/^\$6\$/, 'SHA-512 crypt'],
  [/^\$2x\$/, 'a broken bcrypt'],
  [/^[./A-Za-z0-9]{13}$/, 'DES crypt'],
];

interface Entry {
  readonly name: string;
  readonly hash: string;
}

/**
 * Reads the text of an htpasswd file: lines `name:hash`; empty lines and those that begin with # are passed over.
 * @param path for messages.
 * @returns the bcrypt hash of each user, in the order of the file.
 * @throws USERS_INVALID, which names the first line that is wrong and never quotes a hash.
 */
export function parseHtpasswd(text: string, path: string): Map<string, string> {
  const users = new Map<string, string>();
  const lineOf = new Map<string, number>();
  for (const [index, line] of text.split('\n').entries()) {
    const entry = entryOf(line);
    if (entry === undefined) continue;
    const problem = problemOf(entry, lineOf);
    if (problem !== undefined) {
      throw new MirrorError('USERS_INVALID', `${path}:${index + 1}: ${problem}`, {
        hint: 'Correct the line; `htpasswd -B FILE NAME` writes one anew.',
        details: { file: path, line: index + 1 },
      });
    }
    users.set(entry.name, entry.hash);
    lineOf.set(entry.name, index + 1);
  }
  return users;
}

/** The text with a user's line in it, in place of the one that the user had. All other lines stay. */
export function withUser(text: string, name: string, hash: string): string {
  const line = `${name}:${hash}`;
  const lines = text.split('\n');
  const at = lines.findIndex((other) => entryOf(other)?.name === name);
  if (at >= 0) return lines.with(at, line).join('\n');
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`;
}

/** The text without a user's line. */
export function withoutUser(text: string, name: string): string {
  return text
    .split('\n')
    .filter((line) => entryOf(line)?.name !== name)
    .join('\n');
}

/** Undefined for a line that holds none. A line without a colon has no hash. */
function entryOf(line: string): Entry | undefined {
  const content = line.trim();
  if (content === '' || content.startsWith('#')) return undefined;
  const colon = content.indexOf(':');
  return colon < 0 ? { name: content, hash: '' } : { name: content.slice(0, colon), hash: content.slice(colon + 1) };
}

function problemOf({ name, hash }: Entry, lineOf: ReadonlyMap<string, number>): string | undefined {
  if (name === '' || name.length > MAX_NAME || /\p{Cc}/u.test(name)) return 'there is no user name before the first ":"';
  const earlier = lineOf.get(name);
  if (earlier !== undefined) return `the user "${name}" is on line ${earlier} already`;
  if (hash === '') return `the user "${name}" has no password hash; a line is NAME:HASH`;
  const cost = BCRYPT.exec(hash)?.[1];
  if (cost === undefined) {
    const kind = OTHER_HASHES.find(([beginning]) => beginning.test(hash))?.[1] ?? 'of an unknown kind';
    return `the password hash of "${name}" is ${kind}; only bcrypt ($2y$, $2b$, $2a$) is accepted`;
  }
  if (Number(cost) < COST.least || Number(cost) > COST.most)
    return `the bcrypt cost of "${name}" is ${Number(cost)}; from ${COST.least} to ${COST.most} is accepted`;
  return undefined;
}
