const SIGNATURE_TAGS = new Set([267, 268]);

/** The main header of an RPM package, and the OpenPGP signatures over it (tags DSA and RSA). */
export function headerSignatures(file: Buffer): { readonly header: Buffer; readonly signatures: Buffer[] } {
  const signature = section(file, 96);
  const main = section(file, (signature.end + 7) & ~7);
  const signatures: Buffer[] = [];
  for (let index = 0; index < signature.entries; index++) {
    const entry = 96 + 16 + index * 16;
    const start = signature.store + file.readUInt32BE(entry + 8);
    if (SIGNATURE_TAGS.has(file.readUInt32BE(entry))) signatures.push(file.subarray(start, start + file.readUInt32BE(entry + 12)));
  }
  return { header: file.subarray(main.start, main.end), signatures };
}

function section(file: Buffer, start: number): { start: number; entries: number; store: number; end: number } {
  const entries = file.readUInt32BE(start + 8);
  const store = start + 16 + entries * 16;
  return { start, entries, store, end: store + file.readUInt32BE(start + 12) };
}
