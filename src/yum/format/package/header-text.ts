import { isUtf8 } from 'node:buffer';

/** What stands for itself in a header of any encoding and in XML. */
const NOT_PLAIN = /[^\t\n\r -~]/;
/** What XML 1.0 has no character for (section 2.2, production 2). */
const NOT_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

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
  return text.replace(NOT_XML, '');
}
