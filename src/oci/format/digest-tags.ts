/** What cosign keeps for a manifest at tags of its own: signatures, attestations, bills of materials. */
const COSIGN_KINDS = ['sig', 'att', 'sbom'] as const;
const DIGEST_TAG = /^(sha256|sha512)-([0-9a-f]{64,128})(?:\.(?:sig|att|sbom))?$/;

/** The tags at which cosign keeps what it has for a manifest. */
export function cosignTags(digest: string): string[] {
  return COSIGN_KINDS.map((kind) => `${digest.replace(':', '-')}.${kind}`);
}

/** The tag under which a registry without the referrers API keeps the list of what refers to a manifest (distribution specification, "Referrers Tag Schema"). */
export function referrersTag(digest: string): string {
  const colon = digest.indexOf(':');
  const clean = (text: string): string => text.replace(/[^a-zA-Z0-9._-]/g, '-');
  return `${clean(digest.slice(0, colon).slice(0, 32))}-${clean(digest.slice(colon + 1).slice(0, 64))}`;
}

/** The digest that a tag is made of: of those that are there for another manifest. Undefined for any other tag. */
export function digestInTag(tag: string): string | undefined {
  const [, algorithm, encoded] = DIGEST_TAG.exec(tag) ?? [];
  return algorithm === undefined ? undefined : `${algorithm}:${encoded}`;
}
