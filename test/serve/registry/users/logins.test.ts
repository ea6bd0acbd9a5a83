import { hashSync } from 'bcryptjs';
import { describe, expect, it } from 'vitest';
import { createFailedAttempts } from '../../../../src/serve/registry/users/failed-attempts.ts';
import { createLogins } from '../../../../src/serve/registry/users/logins.ts';
import { createPasswords, type Passwords } from '../../../../src/serve/registry/users/passwords.ts';
import type { UserTable } from '../../../../src/serve/registry/users/users.ts';

const clock = { now: () => new Date(0) };

/** Counts what is compared; a hash is `hash of PASSWORD`. */
function setUp(users: Readonly<Record<string, string>>) {
  const compared: string[] = [];
  let table: UserTable = new Map(Object.entries(users));
  const passwords: Passwords = {
    async matches(password, hash) {
      compared.push(hash);
      return hash === `hash of ${password}`;
    },
    close: async () => undefined,
  };
  const logins = createLogins({ table: async () => table }, passwords, createFailedAttempts(clock));
  return {
    compared,
    change: (other: Readonly<Record<string, string>>) => {
      table = new Map(Object.entries(other));
    },
    check: async (name: string, password: string, address = '192.0.2.1') => (await logins.check({ name, password, address })).outcome,
  };
}

describe('serve/registry/users/logins', () => {
  it('compares a right password once, until the users change', async () => {
    const { check, change, compared } = setUp({ alice: 'hash of secret' });
    expect(await Promise.all([check('alice', 'secret'), check('alice', 'secret')])).toEqual(['verified', 'verified']);
    expect(await check('alice', 'secret')).toBe('verified');
    expect(compared).toHaveLength(1);
    change({ alice: 'hash of another' });
    expect(await check('alice', 'secret')).toBe('wrong');
    change({});
    expect(await check('alice', 'another')).toBe('wrong');
    expect(compared).toHaveLength(3);
  });

  it('does as much for a user that does not exist, and refuses it whatever comes out', async () => {
    const { check, compared } = setUp({ alice: 'hash of a', bob: 'hash of b' });
    expect(await check('nobody', 'a')).toBe('wrong');
    expect(await check('nobody', 'b')).toBe('wrong');
    expect(compared).toHaveLength(2);
    expect(compared[0]).toBe(compared[1]);
    expect(await setUp({}).check('nobody', 'a')).toBe('wrong');
  });

  it('does not take one name and password for another', async () => {
    const { check } = setUp({ a: 'hash of b:c', 'a:b': 'hash of x' });
    expect(await check('a', 'b:c')).toBe('verified');
    expect(await check('a:b', 'c')).toBe('wrong');
    expect(await check('__proto__', 'c')).toBe('wrong');
  });

  it('stops looking after ten wrong ones from one address, also at once, but knows what it has verified', async () => {
    const { check, compared } = setUp({ alice: 'hash of secret' });
    expect(await check('alice', 'secret')).toBe('verified');
    const outcomes = await Promise.all(Array.from({ length: 12 }, async (_, index) => await check('alice', `guess ${index}`)));
    expect(outcomes.filter((outcome) => outcome === 'wrong')).toHaveLength(10);
    expect(outcomes.filter((outcome) => outcome === 'limited')).toHaveLength(2);
    expect(compared).toHaveLength(11);
    expect(await check('alice', 'secret')).toBe('verified');
    expect(await check('alice', 'guess', '192.0.2.2')).toBe('wrong');
  });

  it('compares in a thread, and refuses more than can wait', async () => {
    const passwords = createPasswords();
    const hash = hashSync('secret', 4);
    expect(await passwords.matches('secret', hash)).toBe(true);
    expect(await passwords.matches('secret', hash.replace('$2b$', '$2y$'))).toBe(true);
    expect(await passwords.matches('Secret', hash)).toBe(false);
    const many = await Promise.all(Array.from({ length: 70 }, async () => await passwords.matches('secret', hash)));
    expect(many.filter((matches) => matches === undefined)).toHaveLength(6);
    await passwords.close();
  });
});
