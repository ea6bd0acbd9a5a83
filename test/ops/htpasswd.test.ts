import { describe, expect, it } from 'vitest';
import { parseHtpasswd, withoutUser, withUser } from '../../src/ops/htpasswd.ts';

const HASH = `$2y$05$${'a'.repeat(53)}`;
const OTHER = `$2b$12$${'b'.repeat(53)}`;
const FILE = `# the team\nalice:${HASH}\n\n  # builds\nci@example.org:${OTHER}\r\n`;

describe('ops/htpasswd', () => {
  it('reads names and bcrypt hashes of every kind, and passes comments over', () => {
    expect([...parseHtpasswd(FILE, 'f')]).toEqual([
      ['alice', HASH],
      ['ci@example.org', OTHER],
    ]);
    expect([...parseHtpasswd(`a:$2a$10$${'./Z9'.repeat(13)}x`, 'f').keys()]).toEqual(['a']);
    expect(parseHtpasswd('', 'f').size).toBe(0);
  });

  it.each([
    ['a:$apr1$KzWUjbvV$p5nGi7iU2DqB5bP5pQFvW0', 'is MD5; only bcrypt'],
    ['a:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=', 'is SHA-1; only bcrypt'],
    ['a:rqXexS6ZhobKA', 'is DES crypt; only bcrypt'],
    ['a:$5$salt$hash', 'is SHA-256 crypt; only bcrypt'],
    ['a:$6$salt$hash', 'is SHA-512 crypt; only bcrypt'],
    [`a:$2x$05$${'a'.repeat(53)}`, 'is a broken bcrypt; only bcrypt'],
    [`${`a:$2y$05$${'a'.repeat(52)}`}`, 'is of an unknown kind; only bcrypt'],
    ['a:secret password', 'is of an unknown kind; only bcrypt'],
    [`a:$2y$31$${'a'.repeat(53)}`, 'the bcrypt cost of "a" is 31; from 4 to 15 is accepted'],
    [`a:$2y$03$${'a'.repeat(53)}`, 'the bcrypt cost of "a" is 3'],
    ['alone', 'the user "alone" has no password hash'],
    [`:${HASH}`, 'there is no user name'],
    [`b:${HASH}\na:${HASH}\nb:${OTHER}`, 'the user "b" is on line 2 already'],
  ])('refuses %j, and names the line but no hash', (line, problem) => {
    const lines = line.split('\n');
    let thrown: unknown;
    try {
      parseHtpasswd(`# first\n${line}\n`, '/etc/users');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'USERS_INVALID', details: { line: 1 + lines.length } });
    const { message } = thrown as Error;
    expect(message).toContain(`/etc/users:${1 + lines.length}: `);
    expect(message).toContain(problem);
    for (const hash of lines.map((text) => text.split(':')[1] ?? '').filter((text) => text !== '')) expect(message).not.toContain(hash);
  });

  it('adds, replaces and removes one line, and leaves all others', () => {
    const added = withUser(FILE, 'bob', HASH);
    expect(added).toBe(`${FILE}bob:${HASH}\n`);
    expect(withUser(FILE, 'alice', OTHER)).toBe(FILE.replace(HASH, OTHER));
    expect(withoutUser(added, 'bob')).toBe(FILE);
    expect(withoutUser(FILE, 'alice')).toBe(FILE.replace(`alice:${HASH}\n`, ''));
    expect(withUser('', 'a', HASH)).toBe(`a:${HASH}\n`);
    expect(withUser('# no line break', 'a', HASH)).toBe(`# no line break\na:${HASH}\n`);
  });
});
