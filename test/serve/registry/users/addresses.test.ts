import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { clientAddress, ownAddress } from '../../../../src/serve/registry/users/addresses.ts';

interface Peer {
  readonly remote?: string;
  readonly local?: string;
  readonly encrypted?: boolean;
}

function request(
  headers: Readonly<Record<string, string>>,
  { remote = '192.0.2.9', local = '192.0.2.1', encrypted }: Peer = {},
): IncomingMessage {
  const socket = new Socket();
  Object.defineProperties(socket, { remoteAddress: { value: remote }, localAddress: { value: local }, localPort: { value: 8080 } });
  if (encrypted !== undefined) Object.assign(socket, { encrypted });
  return Object.assign(new IncomingMessage(socket), { headers });
}

describe('serve/registry/users/addresses', () => {
  it.each(['registry.example.org', 'registry:5000', '192.0.2.1:80', '[2001:db8::1]:8443', 'my_registry', 'a'])(
    'takes the host %s',
    (host) => {
      expect(ownAddress(request({ host }))).toEqual({ scheme: 'http', host });
    },
  );

  it.each(['', 'a"b', 'a,b', 'a b', 'a/b', 'user@a', 'a:b', 'a:123456', 'a\r\nX: y', '[::1', '-a', `${'a'.repeat(256)}`])(
    'goes by the address of the socket where the host is %j',
    (host) => {
      expect(ownAddress(request({ host })).host).toBe('192.0.2.1:8080');
      expect(ownAddress(request({ host }, { local: '::ffff:192.0.2.1' })).host).toBe('192.0.2.1:8080');
      expect(ownAddress(request({ host }, { local: '2001:db8::1' })).host).toBe('[2001:db8::1]:8080');
    },
  );

  it('has the same name in any case', () => {
    expect(ownAddress(request({ host: 'Registry.Example.ORG' })).host).toBe('registry.example.org');
  });

  it('believes only a proxy on this machine', () => {
    const headers = { host: 'a', 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.66, 198.51.100.7' };
    const told = request(headers, { remote: '127.0.0.1' });
    expect(ownAddress(told).scheme).toBe('https');
    expect(clientAddress(told)).toBe('198.51.100.7');
    expect(ownAddress(request(headers)).scheme).toBe('http');
    expect(clientAddress(request(headers))).toBe('192.0.2.9');
    expect(ownAddress(request({ host: 'a', 'x-forwarded-proto': 'javascript' }, { remote: '::1' })).scheme).toBe('http');
    expect(clientAddress(request({ 'x-forwarded-for': 'nonsense' }, { remote: '::1' }))).toBe('::1');
    expect(ownAddress(request({ host: 'a' }, { encrypted: true })).scheme).toBe('https');
  });
});
