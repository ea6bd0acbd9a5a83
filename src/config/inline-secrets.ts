import type { Problem } from './environment.ts';
import type { KeyPath } from './yaml-source.ts';

const WITH_PASSWORD = /^https?:\/\/[^/?#@\s]*:([^/?#@\s]+)@/i;

/** Passwords that stand in URLs of the file itself. One that comes from the environment (`https://user:${PASSWORD}@host/`) is fine. */
export function inlineSecrets(value: unknown, path: KeyPath = []): Problem[] {
  if (typeof value === 'string') {
    const password = WITH_PASSWORD.exec(value)?.[1];
    if (password === undefined || /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/.test(password)) return [];
    const allowed = `username and passwordFile, or a variable of the environment: https://user:$\{PASSWORD}@host/`;
    return [{ path, part: 'value', message: 'a password may not stand in this file', allowed }];
  }
  if (value === null || typeof value !== 'object') return [];
  if (Array.isArray(value)) return value.flatMap((item, index) => inlineSecrets(item, [...path, index]));
  return Object.entries(value).flatMap(([key, item]) => inlineSecrets(item, [...path, key]));
}
