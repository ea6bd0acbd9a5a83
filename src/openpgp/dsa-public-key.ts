interface DsaNumbers {
  readonly p: Buffer;
  readonly q: Buffer;
  readonly g: Buffer;
  readonly y: Buffer;
}

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
/** 1.2.840.10040.4.1 */
const DSA = Buffer.from('06072a8648ce380401', 'hex');

/** A DSA public key as SubjectPublicKeyInfo in DER (RFC 3279 section 2.3.2), the only form in which node:crypto takes one. */
export function dsaPublicKeyInfo({ p, q, g, y }: DsaNumbers): Buffer {
  const algorithm = element(SEQUENCE, Buffer.concat([DSA, element(SEQUENCE, Buffer.concat([integer(p), integer(q), integer(g)]))]));
  return element(SEQUENCE, Buffer.concat([algorithm, element(BIT_STRING, Buffer.concat([Buffer.from([0]), integer(y)]))]));
}

/** A number that is not negative, big endian. */
function integer(number: Buffer): Buffer {
  const negative = ((number[0] ?? 0) & 0x80) !== 0 || number.length === 0;
  return element(INTEGER, negative ? Buffer.concat([Buffer.from([0]), number]) : number);
}

function element(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const header = length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(header), content]);
}
