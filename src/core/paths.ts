import { MirrorError } from './errors.ts';

/** What is canonical at first sight, as nearly all are: visible ASCII without backslash, and no segment that is empty or begins with a dot. */
const PLAIN = /^[!-\-0-[\]-~][!-.0-[\]-~]*(?:\/[!-\-0-[\]-~][!-.0-[\]-~]*)*$/;

/**
 * A path from an upstream or a bundle, made canonical: relative, `/` between segments, no `.` or empty segments.
 * Throws PATH_UNSAFE when it is absolute, has a `..` segment, a NUL, a control character, a backslash or is over 4,096 bytes,
 * or a segment is over 255 bytes.
 * @param what names the document that the path is from, for the message.
 */
export function safeRelativePath(path: string, what: string): string {
  if (path.length <= 255 && PLAIN.test(path)) return path;
  const unsafe = (why: string): MirrorError =>
    new MirrorError('PATH_UNSAFE', `${what} names the path "${path.slice(0, 200)}", which ${why}`);
  if (path === '') throw unsafe('is empty');
  if (Buffer.byteLength(path) > 4096) throw unsafe('is over 4096 bytes long');
  if (path.startsWith('/')) throw unsafe('is absolute');
  if (path.includes('\\')) throw unsafe('has a backslash');

  if (/\p{Cc}/u.test(path)) throw unsafe('has a control character');
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.includes('..')) throw unsafe('leads out of the repository');
  if (segments.length === 0) throw unsafe('names no file');
  if (segments.some((segment) => Buffer.byteLength(segment) > 255)) throw unsafe('has a segment of over 255 bytes');
  return segments.join('/');
}
