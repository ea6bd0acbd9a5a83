/** Parts of host names that say what kind of server it is, not whose. */
const GENERIC = new Set([
  'www',
  'deb',
  'apt',
  'yum',
  'rpm',
  'rpms',
  'packages',
  'package',
  'download',
  'downloads',
  'dl',
  'archive',
  'archives',
  'security',
  'repo',
  'repos',
  'mirror',
  'mirrors',
  'cdn',
  'ftp',
  'http',
  'ports',
  'pkg',
  'pkgs',
  'cloud',
  'old',
  'snapshot',
  'esm',
]);

/** A text as a name of the configuration: lower case, everything else a dash. Empty when nothing is left. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+|[-._]+$/g, '');
}

/** A short name for an APT source: whose it is and its suite, such as `debian-bookworm-security`. */
export function sourceName(uri: string, suite: string): string {
  const url = new URL(uri);
  const parts = [ownerOf(url), slug(suite === './' || suite === '/' ? '' : suite)];
  return parts.filter((part) => part !== '').join('-') || 'upstream';
}

function ownerOf(url: URL): string {
  const segments = url.pathname.split('/').filter((segment) => segment !== '');
  if (/(^|\.)launchpad(content)?\.net$/.test(url.hostname)) return slug(segments.slice(0, 2).join('-'));
  if (/^[\d.]+$|^\[|^localhost$/.test(url.hostname)) return slug(segments[0] ?? '');
  const labels = url.hostname.split('.').slice(0, -1);
  return slug(labels.findLast((label) => !GENERIC.has(label) && label.length > 2) ?? segments[0] ?? '');
}

/** Gives each a name that no other has: the next choice, or a number behind the last one. `taken` are names that are used already. */
export function uniqueNames(choices: readonly (readonly [string, ...string[]])[], taken: Iterable<string>): string[] {
  const used = new Set(taken);
  return choices.map((names) => {
    let name = names.find((candidate) => !used.has(candidate));
    for (let count = 2; name === undefined; count++) {
      const numbered = `${names[0]}-${count}`;
      if (!used.has(numbered)) name = numbered;
    }
    used.add(name);
    return name;
  });
}
