/** The line of [checksums] that is about the repository's metadata: its key, what is between, and the value. */
const LINE = /^([ \t]*repodata\/repomd\.xml[ \t]*[=:][ \t]*)([^\r\n]*?)([ \t]*)$/i;
const SECTION = /^[ \t]*\[([^\]]*)\]/;

/**
 * A .treeinfo whose checksum of repodata/repomd.xml is another one; everything else stays byte for byte. As it is where it states none.
 * @param sha256 of the new repomd.xml, lower-case hex.
 */
export function withRepomdChecksum(treeinfo: Buffer, sha256: string): Buffer {
  let section = '';
  // Bytes above 127 are carried over whatever they are.
  const lines = treeinfo.toString('latin1').split(/(\r\n|\n|\r)/);
  const changed = lines.map((line) => {
    section = SECTION.exec(line)?.[1]?.trim().toLowerCase() ?? section;
    if (section !== 'checksums') return line;
    return line.replace(LINE, (_, before: string, _value: string, after: string) => `${before}sha256:${sha256}${after}`);
  });
  return Buffer.from(changed.join(''), 'latin1');
}
