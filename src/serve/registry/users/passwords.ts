import { parentPort } from 'node:worker_threads';
import { compareSync } from 'bcryptjs';
import { type AskedThread, askedThread } from '../../../core/asked-thread.ts';
import { isThreadOf, keepThreadModules, startThread } from '../../../core/thread.ts';

/** Tells the thread's code that it is the thread. */
const ROLE = 'mirror passwords';
/** Checks that wait. Each takes up to a second, and whoever asks does not wait for longer than a minute. */
const MAX_WAITING = 64;

interface Question {
  readonly password: string;
  readonly hash: string;
}

/** Checks passwords in a thread of its own: a check takes a tenth of a second and more, in which the server goes on answering. */
export interface Passwords {
  /** Whether a bcrypt hash is that of a password; undefined when too many checks wait already. */
  matches(password: string, hash: string): Promise<boolean | undefined>;
  close(): Promise<void>;
}

export function createPasswords(): Passwords {
  let thread: AskedThread<Question, boolean> | undefined;
  return {
    async matches(password, hash) {
      thread ??= askedThread(startThread(import.meta.url, ROLE));
      if (thread.waiting >= MAX_WAITING) return undefined;
      const asked = thread;
      try {
        return await asked.ask({ password, hash });
      } catch (error) {
        if (thread === asked) thread = undefined;
        throw error;
      }
    },
    async close() {
      await thread?.close();
    },
  };
}

if (isThreadOf(ROLE)) {
  const port = parentPort;
  port?.on('message', ({ password, hash }: Question) => port.postMessage(compareSync(password, hash)));
  keepThreadModules();
}
