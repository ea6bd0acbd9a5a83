/** One member of an ar archive; `size` is what its header says in place of the length. */
export function member(name: string, content: string | Uint8Array, size?: string): Buffer {
  const bytes = Buffer.from(content);
  const header = `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${(size ?? String(bytes.length)).padEnd(10)}\`\n`;
  return Buffer.concat([Buffer.from(header), bytes, Buffer.alloc(bytes.length % 2, '\n')]);
}

export function archive(...members: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.from('!<arch>\n'), ...members]);
}
