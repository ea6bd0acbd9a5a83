import type { Outcome, Session } from './session.ts';

/** How commands are attached to the program: `run` makes the action that commander calls from what the command does. */
export interface Host {
  run<A extends unknown[]>(handler: (session: Session, ...parameters: A) => Promise<Outcome>): (...parameters: unknown[]) => Promise<void>;
}
