/** The key ID that a fingerprint has in it (RFC 9580 section 5.5.4), both in upper-case hex. */
export function keyIdOf(fingerprint: string, version: number): string {
  return version === 4 ? fingerprint.slice(-16) : fingerprint.slice(0, 16);
}
