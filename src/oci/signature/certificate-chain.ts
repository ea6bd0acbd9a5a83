import type { X509Certificate } from 'node:crypto';
import { CODE_SIGNING, certificateUsage } from './certificate-usage.ts';
import { badSignature } from './evidence.ts';

const FORBIDDEN_USAGE = ['keyEncipherment', 'dataEncipherment', 'keyAgreement', 'keyCertSign', 'cRLSign', 'encipherOnly', 'decipherOnly'];
/** Longer ones are an attack. */
const MAX_CHAIN = 10;

/**
 * Checks a chain, the signer's certificate first and the root last, as the Notary Project has it (signature-specification.md, "Certificate
 * Requirements"): each issued by the next, all valid at the time, authorities that may issue, a signer that may sign, and one of them trusted.
 * Whether one was revoked is not asked. Throws SIGNATURE_INVALID.
 */
export function checkChain(chain: readonly X509Certificate[], trusted: readonly X509Certificate[], at: Date): X509Certificate {
  const [leaf] = chain;
  if (leaf === undefined) throw badSignature('it has no certificate');
  if (chain.length > MAX_CHAIN) throw badSignature(`it has a chain of ${chain.length} certificates`);
  for (const [index, certificate] of chain.entries()) {
    const name = certificate.subject.replaceAll('\n', ', ');
    if (at < certificate.validFromDate || at > certificate.validToDate)
      throw badSignature(`the certificate of ${name} is valid from ${certificate.validFrom} to ${certificate.validTo} only`);
    if (/sha1|md5/i.test(certificate.signatureAlgorithm ?? ''))
      throw badSignature(`the certificate of ${name} is signed with a broken hash`);
    if (!isIssuedBy(certificate, chain[index + 1]))
      throw badSignature(`the certificate of ${name} is not issued by the next one of its chain`);
    if (index > 0) checkAuthority(certificate, index - 1, name);
  }
  checkSigner(leaf);
  if (!trusted.some(({ fingerprint256 }) => chain.some((certificate) => certificate.fingerprint256 === fingerprint256)))
    throw badSignature(`the certificates of ${leaf.subject.replaceAll('\n', ', ')} lead to none that is trusted`);
  return leaf;
}

/** @param issuer undefined for the root, which issues itself; one that is the signer, too, need not be allowed to issue others. */
function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate | undefined): boolean {
  if (issuer === undefined) return certificate.subject === certificate.issuer && certificate.verify(certificate.publicKey);
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** @param below how many authorities stand between it and the signer. */
function checkAuthority(certificate: X509Certificate, below: number, name: string): void {
  const { keyUsage, pathLength } = certificateUsage(certificate.raw);
  if (!certificate.ca || keyUsage?.has('keyCertSign') !== true) throw badSignature(`${name} may not issue certificates`);
  if (pathLength !== undefined && pathLength < below) throw badSignature(`${name} may not issue certificates of authorities`);
}

function checkSigner(leaf: X509Certificate): void {
  const name = leaf.subject.replaceAll('\n', ', ');
  const { keyUsage, extendedKeyUsage } = certificateUsage(leaf.raw);
  if (leaf.ca) throw badSignature(`${name} is an authority, and no signer`);
  if (keyUsage?.has('digitalSignature') !== true || FORBIDDEN_USAGE.some((usage) => keyUsage.has(usage)))
    throw badSignature(`the certificate of ${name} is not for signing`);
  if (extendedKeyUsage !== undefined && [...extendedKeyUsage].some((usage) => usage !== CODE_SIGNING))
    throw badSignature(`the certificate of ${name} is not for signing code`);
}
