import { isUtf8 } from 'node:buffer';
import { isXmlCharacter } from './xml-text.ts';

/** What stands for itself in a header of any encoding and in XML. */
const NOT_PLAIN = /[^\t\n\r -~]/;

/**
 * The text that a string of a header stands for, fit for XML. What is not UTF-8 as a whole is read as ISO 8859-1 without the bytes 0x80 to
 * 0xbf, as createrepo_c does; characters that XML cannot hold are left out.
 * @param byteString one character for each byte.
 */
export function headerText(byteString: string): string {
  return NOT_PLAIN.test(byteString) ? decoded(byteString) : byteString;
}

function decoded(byteString: string): string {
  const bytes = Buffer.from(byteString, 'latin1');
  const text = isUtf8(bytes) ? bytes.toString('utf8') : byteString.replace(/[\u0080-\u00bf]/g, '');
  let fit = '';
  for (const character of text) {
    if (isXmlCharacter(character.codePointAt(0) ?? 0)) fit += character;
  }
  return fit;
}
