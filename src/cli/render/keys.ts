import type { TrustedKey } from '../../openpgp/types.ts';
import type { KeySummary } from '../../ops/keys.ts';
import { formatTable } from './table.ts';

/** The keys of a configuration as a table. */
export function keyTable(keys: readonly KeySummary[]): string {
  if (keys.length === 0) return 'No keys. Make a signing key with `mirror key generate`.\n';
  return formatTable(
    [
      { title: 'USE' },
      { title: 'FINGERPRINT' },
      { title: 'ALGORITHM' },
      { title: 'EXPIRES' },
      { title: 'USER ID' },
      { title: 'FROM' },
      { title: 'MIRRORS' },
    ],
    keys.map((key) => [
      key.use,
      key.fingerprint ?? '-',
      key.algorithm ?? '-',
      key.problem === null ? (key.expires?.slice(0, 10) ?? 'never') : '-',
      key.userId ?? key.problem ?? '-',
      key.source,
      key.mirrors.length === 0 ? '-' : key.mirrors.join(' '),
    ]),
  );
}

/** One line for each key: fingerprint and user id. */
export function keyLines(keys: readonly TrustedKey[]): string {
  return keys.map((key) => `  ${key.fingerprint}  ${key.userId}\n`).join('');
}
