/** Classes of bytes that the scanner of XML looks up, as bits. */
export const SPACE = 1;
export const NAME_START = 2;
export const NAME = 4;
/** Stands for itself in text: needs no look at what is around it. */
export const PLAIN_TEXT = 8;

/** The classes of each byte. Names are ASCII; a byte of a longer UTF-8 sequence is plain text. */
export const BYTE_CLASS: Uint8Array = classes();

export const BLANK = 0x20;
export const BANG = 0x21;
export const QUOTE = 0x22;
export const AMPERSAND = 0x26;
export const APOSTROPHE = 0x27;
export const SLASH = 0x2f;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const LESS = 0x3c;
export const EQUALS = 0x3d;
export const GREATER = 0x3e;
export const QUESTION = 0x3f;
export const CLOSING_BRACKET = 0x5d;

/** Whether a tag stands at the offset; `tag` is it from the `<` to the end of its name. */
export function isTagAt(bytes: Buffer, at: number, tag: Buffer): boolean {
  const end = at + tag.length;
  return (
    end < bytes.length && bytes.compare(tag, 0, tag.length, at, end) === 0 && ((BYTE_CLASS[bytes[end] as number] as number) & NAME) === 0
  );
}

/** Where a tag begins, from an offset on: -1 when there is none. Tags of longer names are not taken for it. */
export function findTag(bytes: Buffer, tag: Buffer, from: number): number {
  for (let found = bytes.indexOf(tag, from); found !== -1; found = bytes.indexOf(tag, found + 1)) {
    if (isTagAt(bytes, found, tag)) return found;
  }
  return -1;
}

function classes(): Uint8Array {
  const table = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) {
    const character = String.fromCharCode(byte);
    let bits = 0;
    if (/[ \t\r\n]/.test(character)) bits |= SPACE;
    if (/[A-Za-z_]/.test(character)) bits |= NAME_START;
    if (/[A-Za-z0-9_.:-]/.test(character)) bits |= NAME;
    if (!/[<>&\]]/.test(character) && (byte >= 0x20 || (bits & SPACE) !== 0)) bits |= PLAIN_TEXT;
    table[byte] = bits;
  }
  return table;
}
