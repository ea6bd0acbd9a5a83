import { BlockList, isIP } from 'node:net';

/** Addresses of this machine and of its link, which no upstream has a reason to send us to. */
const nearby = new BlockList();
nearby.addSubnet('0.0.0.0', 8);
nearby.addSubnet('127.0.0.0', 8);
nearby.addSubnet('169.254.0.0', 16);
nearby.addAddress('::', 'ipv6');
nearby.addAddress('::1', 'ipv6');
nearby.addSubnet('fe80::', 10, 'ipv6');

/**
 * Whether a URL leads to this machine or its own link, where services may answer that trust whoever reaches them. Only what is written is looked
 * at: a name is not looked up.
 */
export function isNearby({ hostname }: URL): boolean {
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname.replace(/\.$/, '');
  if (bare === 'localhost' || bare.endsWith('.localhost')) return true;
  const version = isIP(bare);
  return version !== 0 && nearby.check(bare, version === 6 ? 'ipv6' : 'ipv4');
}
