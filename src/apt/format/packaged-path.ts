import { MirrorError } from '../../core/errors.ts';

const SLASH = 0x2f;

/**
 * The path of something in a package, relative to the root that it is unpacked to: as dpkg takes it, a slash at its beginning means that root, and `.` and empty segments
 * mean nothing. Empty for the root itself. Bytes, since they need not be text. PATH_UNSAFE when it has a `..` segment or a line break.
 * @param what names the archive in errors.
 */
export function packagedPath(path: Buffer, what: string): Buffer {
  const unsafe = (why: string): MirrorError =>
    new MirrorError('PATH_UNSAFE', `${what} has the path "${path.toString('utf8', 0, 200).replaceAll('\n', '\\n')}", which ${why}`);
  if (path.includes('\n')) throw unsafe('has a line break');
  const text = path.toString('latin1');
  if (!/(?:^|\/)\.{0,2}(?:\/|$)/.test(text)) return path;
  const segments = text.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.includes('..')) throw unsafe('leads out of what it is unpacked to');
  return Buffer.from(segments.join(String.fromCharCode(SLASH)), 'latin1');
}
