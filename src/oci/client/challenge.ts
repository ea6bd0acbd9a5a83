/** How a registry wants a client to say who it is (RFC 9110 section 11.6.1). */
export interface Challenge {
  /** In lower case: `basic` or `bearer`. */
  readonly scheme: string;
  /** By their names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const SCHEME = /\s*([A-Za-z][A-Za-z0-9._~+-]*)(?=\s|,|$)/y;
const PARAMETER = /[\s,]*([A-Za-z0-9._~+-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|((?!")[^\s,"]*))/y;
const SEPARATOR = /[\s,]*/y;

/** Reads a WWW-Authenticate header, in which there may be several challenges. What is malformed ends the reading. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(header);
    if (found === null) return undefined;
    at = pattern.lastIndex;
    return found;
  };
  while (at < header.length) {
    const scheme = match(SCHEME)?.[1];
    if (scheme === undefined) break;
    const parameters = new Map<string, string>();
    for (let found = match(PARAMETER); found !== undefined; found = match(PARAMETER)) {
      const [, name = '', quoted, bare = ''] = found;
      parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare);
    }
    challenges.push({ scheme: scheme.toLowerCase(), parameters });
    match(SEPARATOR);
  }
  return challenges;
}
