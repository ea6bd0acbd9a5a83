/** Algorithms that are broken or nearly so, which old upstreams have nothing better than. */
export type WeakAlgorithm = 'md5' | 'sha1' | 'dsa';

/** What of an upstream's signatures and keys is accepted although it is weak. */
export interface WeakPolicy {
  readonly allowed: readonly WeakAlgorithm[];
  /** The configuration key that says so, for hints: `mirrors.old.allowWeak`; undefined where there is none. */
  readonly setting?: string | undefined;
}

/** What keeps a signature or a key from being trusted. */
export interface Weakness {
  /** "uses SHA-1" */
  readonly reason: string;
  /** What would have to be accepted; undefined where nothing helps. */
  readonly weak: WeakAlgorithm | undefined;
}

/** Nothing weak is accepted, and no setting changes that. */
export const STRICT: WeakPolicy = { allowed: [] };

/** For reading keys that nothing is trusted by yet: every key that some configuration can accept. */
export const LENIENT: WeakPolicy = { allowed: ['md5', 'sha1', 'dsa'] };

/** How a person accepts what was refused, besides what is accepted already; undefined where no setting does. */
export function allowingHint({ allowed, setting }: WeakPolicy, needed: readonly (WeakAlgorithm | undefined)[]): string | undefined {
  if (setting === undefined || needed.length === 0) return undefined;
  const all = new Set<WeakAlgorithm>(allowed);
  for (const one of needed) {
    if (one === undefined) return undefined;
    all.add(one);
  }
  return `If the upstream has nothing better and you accept the risk, set ${setting}: [${LENIENT.allowed.filter((one) => all.has(one)).join(', ')}].`;
}
