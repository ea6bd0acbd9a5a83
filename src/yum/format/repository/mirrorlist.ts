/**
 * The base URLs of a mirrorlist: one to a line; `#` begins a comment line. Lines that are no http(s) URL are passed over, as yum does.
 * A line may be `name = URL`. `$ARCH` is an old name of `$basearch`. Variables are left in.
 */
export function parseMirrorlist(text: string): string[] {
  const urls: string[] = [];
  for (const line of text.split(/\r\n|\n|\r/)) {
    const url = line
      .trim()
      .replace(/^\w+\s*=\s*(?=https?:)/i, '')
      .replace(/\$ARCH\b/g, '$basearch');
    if (/^https?:\/\//i.test(url) && !/[\s\p{Cc}]/u.test(url)) urls.push(url);
  }
  return urls;
}
