import { createHmac, randomBytes } from 'node:crypto';
import type { FailedAttempts } from './failed-attempts.ts';
import type { Passwords } from './passwords.ts';
import type { Users, UserTable } from './users.ts';

/** What became of a name and a password. */
export type Login =
  | { readonly outcome: 'verified' }
  | { readonly outcome: 'wrong' }
  /** Not looked at: there were too many wrong ones, or there is too much to do. */
  | { readonly outcome: 'limited'; readonly retryAfterSeconds: number };

export interface LoginAttempt {
  readonly name: string;
  readonly password: string;
  /** Of the client. */
  readonly address: string;
}

/** Checks names and passwords. */
export interface Logins {
  check(attempt: LoginAttempt): Promise<Login>;
}

/** Names with passwords that are remembered. */
const MAX_VERIFIED = 1000;
/** When too many checks wait, in seconds. */
const BUSY_RETRY = 5;
/** What a password is compared with where there are no users. */
const DECOY = `$2b$12$${'.'.repeat(53)}`;

/** What is known of the users of one state of their file. */
interface Knowledge {
  readonly table: UserTable;
  readonly hashes: readonly string[];
  /** Keys of right passwords. */
  readonly verified: Set<string>;
  /** Checks under way, by the key of what is checked. */
  readonly pending: Map<string, Promise<Login>>;
}

/**
 * A password is checked once: until the users change, it is known by an HMAC, under a key that ends with the process. A user that does not exist takes as
 * long as a wrong password of one that does.
 */
export function createLogins(users: Users, passwords: Passwords, attempts: FailedAttempts): Logins {
  const secret = randomBytes(32);
  let knowledge = knowledgeOf(new Map());

  const check = async (attempt: LoginAttempt, known: Knowledge, key: string): Promise<Login> => {
    const retryAfterSeconds = attempts.begin(attempt.address);
    if (retryAfterSeconds !== undefined) return { outcome: 'limited', retryAfterSeconds };
    const hash = known.table.get(attempt.name);
    const matches = await passwords.matches(attempt.password, hash ?? decoy(known.hashes, digest(secret, attempt.name)));
    if (matches === undefined || (matches && hash !== undefined)) attempts.succeeded(attempt.address);
    if (matches === undefined) return { outcome: 'limited', retryAfterSeconds: BUSY_RETRY };
    if (!matches || hash === undefined) return { outcome: 'wrong' };
    remember(known.verified, key);
    return { outcome: 'verified' };
  };
  return {
    async check(attempt) {
      const table = await users.table();
      if (table !== knowledge.table) knowledge = knowledgeOf(table);
      const known = knowledge;
      const key = digest(secret, JSON.stringify([attempt.name, attempt.password])).toString('base64');
      if (known.verified.has(key)) return { outcome: 'verified' };
      const pending = known.pending.get(key);
      if (pending !== undefined) return await pending;
      const checking = check(attempt, known, key).finally(() => known.pending.delete(key));
      known.pending.set(key, checking);
      return await checking;
    },
  };
}

function knowledgeOf(table: UserTable): Knowledge {
  return { table, hashes: [...table.values()], verified: new Set(), pending: new Map() };
}

function digest(secret: Buffer, text: string): Buffer {
  return createHmac('sha256', secret).update(text).digest();
}

/** A real user's hash, always the same for one name: the cost is one that is in use. */
function decoy(hashes: readonly string[], digestOfName: Buffer): string {
  return hashes[digestOfName.readUInt32BE() % Math.max(hashes.length, 1)] ?? DECOY;
}

function remember(verified: Set<string>, key: string): void {
  const oldest = verified.size < MAX_VERIFIED ? undefined : verified.values().next().value;
  if (oldest !== undefined) verified.delete(oldest);
  verified.add(key);
}
