import { hostname } from 'node:os';

/** The user id of a signing key where none is asked for: what it is for, and the machine it was made on. */
export function defaultUserId(): string {
  return `Package mirror on ${hostname()}`;
}
