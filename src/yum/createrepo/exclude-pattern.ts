/**
 * A pattern of `--excludes`, over a whole text: `*` stands for any characters, also `/`, `?` for any one; nothing else has a meaning of its own
 * (GLib's GPattern, which createrepo_c uses).
 */
export function excludePattern(pattern: string): RegExp {
  const source = pattern.replace(/\*+|\?|[^\w\s]/g, (found) => {
    if (found.startsWith('*')) return '.*';
    return found === '?' ? '.' : `\\${found}`;
  });
  return new RegExp(`^${source}$`, 's');
}
