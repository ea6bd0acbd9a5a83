/** The URL without user name and password, for messages and logs. Text that is no URL comes back as it is. */
export function redactUrl(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#@\s]*@/i, '$1');
}
