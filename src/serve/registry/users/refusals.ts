import type { OutgoingHttpHeaders } from 'node:http';

/** Says neither whether the user exists nor what is wrong. */
export function wrongPassword(headers: OutgoingHttpHeaders) {
  return { status: 401, code: 'UNAUTHORIZED', message: 'The user name or the password is wrong.', headers } as const;
}

/** @param seconds until the client may try again. */
export function tooManyAttempts(seconds: number) {
  const message = 'There were too many wrong passwords, or too many at once. Try again later.';
  return { status: 429, code: 'TOOMANYREQUESTS', message, headers: { 'Retry-After': String(seconds) } } as const;
}
