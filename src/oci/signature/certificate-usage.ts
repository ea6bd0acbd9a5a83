import type { MirrorError } from '../../core/errors.ts';
import { badSignature } from './evidence.ts';

/** What a certificate may be used for (RFC 5280, sections 4.2.1.3, 4.2.1.9 and 4.2.1.12), which node:crypto does not say in full. */
export interface CertificateUsage {
  /** Names of the bits that are set; undefined where the extension is missing. */
  readonly keyUsage: ReadonlySet<string> | undefined;
  /** Object identifiers in hex; undefined where the extension is missing. */
  readonly extendedKeyUsage: ReadonlySet<string> | undefined;
  /** How many certificates of authorities may stand below; undefined for any number. */
  readonly pathLength: number | undefined;
}

/** Object identifiers by their content in DER. */
const OID = { keyUsage: '551d0f', basicConstraints: '551d13', extendedKeyUsage: '551d25' } as const;
/** id-kp-codeSigning. */
export const CODE_SIGNING = '2b06010505070303';
const KEY_USAGE_BITS = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
];
const TAG = { boolean: 0x01, integer: 0x02, bitString: 0x03, octetString: 0x04, oid: 0x06, sequence: 0x30, extensions: 0xa3 } as const;

/** Reads what a certificate in DER, which node:crypto has accepted, may be used for. Throws SIGNATURE_INVALID where its structure is not understood. */
export function certificateUsage(der: Buffer): CertificateUsage {
  const certificate = only(elements(der), TAG.sequence);
  const body = elements(certificate)[0];
  if (body === undefined) throw malformed();
  const extensions = elements(body.content).find(({ tag }) => tag === TAG.extensions);
  const values = new Map<string, Buffer>();
  for (const { content } of extensions === undefined ? [] : elements(only(elements(extensions.content), TAG.sequence))) {
    const parts = elements(content);
    const name = parts.find(({ tag }) => tag === TAG.oid);
    const value = parts.find(({ tag }) => tag === TAG.octetString);
    if (name === undefined || value === undefined) throw malformed();
    values.set(name.content.toString('hex'), value.content);
  }
  return {
    keyUsage: mapped(values.get(OID.keyUsage), keyUsageOf),
    extendedKeyUsage: mapped(values.get(OID.extendedKeyUsage), (value) => {
      return new Set(elements(only(elements(value), TAG.sequence)).map(({ content }) => content.toString('hex')));
    }),
    pathLength: mapped(values.get(OID.basicConstraints), pathLengthOf),
  };
}

interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

/** The elements of DER that follow each other. */
function elements(der: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < der.length; ) {
    const tag = der[at] ?? 0;
    const first = der[at + 1] ?? 0x80;
    const lengthBytes = first < 0x80 ? 0 : first - 0x80;
    if ((first >= 0x80 && (lengthBytes === 0 || lengthBytes > 4)) || at + 2 + lengthBytes > der.length) throw malformed();
    const length = lengthBytes === 0 ? first : der.readUIntBE(at + 2, lengthBytes);
    const start = at + 2 + lengthBytes;
    if (start + length > der.length) throw malformed();
    found.push({ tag, content: der.subarray(start, start + length) });
    at = start + length;
  }
  return found;
}

function only(found: readonly Element[], tag: number): Buffer {
  const [first] = found;
  if (first === undefined || first.tag !== tag) throw malformed();
  return first.content;
}

function keyUsageOf(value: Buffer): Set<string> {
  const bits = only(elements(value), TAG.bitString).subarray(1);
  return new Set(KEY_USAGE_BITS.filter((_, index) => ((bits[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0));
}

function pathLengthOf(value: Buffer): number | undefined {
  const length = elements(only(elements(value), TAG.sequence)).find(({ tag }) => tag === TAG.integer)?.content;
  if (length === undefined) return undefined;
  return length.length <= 4 ? length.readUIntBE(0, length.length) : Number.POSITIVE_INFINITY;
}

function mapped<T>(value: Buffer | undefined, read: (value: Buffer) => T): T | undefined {
  return value === undefined ? undefined : read(value);
}

function malformed(): MirrorError {
  return badSignature('a certificate of it is malformed');
}
