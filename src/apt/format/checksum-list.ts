import { checksum, type Expected } from '../../core/digests.ts';
import { MirrorError } from '../../core/errors.ts';
import { safeRelativePath } from '../../core/paths.ts';

/** A file that a list of checksums names. */
export interface SummedFile {
  /** Relative to the list, safe. */
  readonly path: string;
  readonly expected: Expected;
}

const MAX_FILES = 20_000;
const LINE = /^(?<value>[0-9A-Fa-f]{64})[ \t]+\*?(?<path>\S.*)$/;

/**
 * Reads a SHA256SUMS file, as sha256sum(1) writes it. METADATA_INVALID for a line that is of another form, for a file that is there twice and for too many of them;
 * PATH_UNSAFE.
 * @param what names the document in errors.
 */
export function parseSha256Sums(bytes: Buffer, what: string): SummedFile[] {
  const files = new Map<string, SummedFile>();
  for (const [index, line] of bytes.toString('utf8').split('\n').entries()) {
    const text = line.trimEnd();
    if (text === '') continue;
    const groups = LINE.exec(text)?.groups;
    const sum = checksum('sha256', groups?.['value'] ?? '');
    if (groups === undefined || sum === undefined) {
      throw new MirrorError('METADATA_INVALID', `${what}, line ${index + 1} is not "checksum  path": "${text.slice(0, 200)}"`);
    }
    const path = safeRelativePath(groups['path'] ?? '', what);
    if (files.has(path)) throw new MirrorError('METADATA_INVALID', `${what}, line ${index + 1} lists "${path}" a second time`);
    if (files.size === MAX_FILES) throw new MirrorError('METADATA_INVALID', `${what} lists more than ${MAX_FILES} files`);
    files.set(path, { path, expected: { checksums: [sum] } });
  }
  return [...files.values()];
}
