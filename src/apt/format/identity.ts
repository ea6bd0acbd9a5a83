const VERSION = /^(?:(\d{1,10}):)?[0-9A-Za-z](?:[0-9A-Za-z.+~:_-]*[0-9A-Za-z.+~_:])?$/;
const MAX_EPOCH = 2 ** 31 - 1;
const ARCHITECTURE = /^[A-Za-z0-9][A-Za-z0-9-]*$/;

/**
 * Whether the text can be the version of a package that dpkg installs (deb-version(7)): an epoch that is a number, something after it, and no empty
 * revision. As dpkg does, and other than its policy, this allows a version that begins with a letter or has underscores. `isVersion` is laxer, for what archives list.
 */
export function isDpkgVersion(text: string): boolean {
  if (text.length > 255) return false;
  const match = VERSION.exec(text);
  if (match === null) return false;
  const colon = text.indexOf(':');
  return colon === -1 || (match[1] !== undefined && Number(match[1]) <= MAX_EPOCH);
}

/** Whether the text can be the one architecture of a binary package; `source` and `any` stand for others. `isArchitecture` is for what archives list. */
export function isDpkgArchitecture(text: string): boolean {
  return text.length <= 64 && ARCHITECTURE.test(text) && text !== 'source' && text !== 'any';
}
