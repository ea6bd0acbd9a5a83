/**
 * A proxy that apt or dnf uses, as `http.proxy`; undefined, with a notice, for one that cannot be taken over.
 * @param program whose it is.
 */
export function adoptedProxy(proxy: string, program: 'apt' | 'dnf', notices: string[]): string | undefined {
  if (proxy === '' || proxy === 'DIRECT' || proxy === '_none_') return undefined;
  if (!URL.canParse(proxy) || !/^https?:$/.test(new URL(proxy).protocol)) {
    notices.push(`${program}'s proxy was not taken over: it is not an http proxy`);
    return undefined;
  }
  if (new URL(proxy).password !== '') {
    notices.push(
      `${program}'s proxy was not taken over, because its address holds a password: set http.proxy by hand, with a variable of the environment`,
    );
    return undefined;
  }
  return proxy;
}
