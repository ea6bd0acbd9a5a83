import type { Problem } from './environment.ts';
import { publicationChecks } from './publication-checks.ts';
import type { AptMirrorConfig, Config, MirrorConfig, YumMirrorConfig } from './schema.ts';
import { unknownName } from './unknown-name.ts';
import type { KeyPath } from './yaml-source.ts';

/** What is wrong with a configuration although each of its values is allowed: names that do not exist, keys that exclude each other. */
export function crossChecks(config: Config): Problem[] {
  return [
    ...Object.entries(config.mirrors).flatMap(([name, mirror]) => mirrorChecks(['mirrors', name], mirror)),
    ...Object.entries(config.repos).flatMap(([name, repo]) => keyChecks(['repos', name], repo)),
    ...sharedNames(config),
    ...references(config),
    ...registryChecks(config),
    ...publicationChecks(config),
  ];
}

function mirrorChecks(path: KeyPath, mirror: MirrorConfig): Problem[] {
  const problems = mirror.type === 'apt' ? aptChecks(path, mirror) : yumChecks(path, mirror);
  const at = (key: string, message: string, allowed: string): void => {
    problems.push({ path: [...path, key], part: 'key', message, allowed });
  };
  if (mirror.passwordFile !== undefined && mirror.username === undefined)
    at('passwordFile', 'there is no user name for it', 'username beside it');
  if (mirror.clientKey !== undefined && mirror.clientCert === undefined)
    at('clientKey', 'there is no certificate for it', 'clientCert beside it');
  return [...problems, ...keyChecks(path, mirror)];
}

function keyChecks(path: KeyPath, { keys, keyserver }: Pick<MirrorConfig, 'keys' | 'keyserver'>): Problem[] {
  const problems: Problem[] = [];
  for (const [index, key] of keys.entries()) {
    const keyPath = [...path, 'keys', index];
    const bare = key.replace(/^0x/i, '').replace(/\s+/g, '');
    if (/^([0-9a-f]{8}|[0-9a-f]{16})$/i.test(bare)) {
      problems.push({
        path: keyPath,
        part: 'value',
        message: `"${key}" is a short key id, which can be forged`,
        allowed: 'a fingerprint of 40 hex digits',
      });
    } else if (isFingerprint(key) && keyserver === undefined) {
      problems.push({
        path: keyPath,
        part: 'value',
        message: 'a fingerprint needs a place to fetch the key from',
        allowed: 'keyserver: URL beside keys',
      });
    }
  }
  return problems;
}

/** Whether a trusted key is given by its fingerprint rather than as a file or URL. */
export function isFingerprint(key: string): boolean {
  return /^(0x)?([0-9a-f]{40}|[0-9a-f]{64})$/i.test(key.replace(/\s+/g, ''));
}

/** Whether a trusted key is given by where it is fetched from, and not as a file. */
export function isFetchedKey(key: string): boolean {
  return /^https?:\/\//i.test(key) || isFingerprint(key);
}

function aptChecks(path: KeyPath, mirror: AptMirrorConfig): Problem[] {
  const problems = exactlyOne(path, mirror, ['url', 'ppa']);
  if (mirror.ppa !== undefined) {
    const allowed = 'url: the address of a private archive, instead of ppa';
    for (const key of ['username', 'clientCert'] as const) {
      if (mirror[key] !== undefined)
        problems.push({ path: [...path, key], part: 'key', message: 'a PPA is public and asks for none', allowed });
    }
  }
  if (mirror.suite.endsWith('/') && mirror.components !== undefined) {
    problems.push({
      path: [...path, 'components'],
      part: 'key',
      message: `the suite "${mirror.suite}" is a flat repository (it ends in /), which has no components`,
      allowed: 'suite without the last /, or no components',
    });
  }
  const packages = mirror.verify?.indexOf('packages') ?? -1;
  if (packages >= 0) {
    problems.push({
      path: [...path, 'verify', packages],
      part: 'value',
      message: 'APT packages carry no signatures of their own: the signed metadata vouches for them',
      allowed: '[metadata], or [] for an unsigned upstream',
    });
  }
  return problems;
}

function yumChecks(path: KeyPath, mirror: YumMirrorConfig): Problem[] {
  const problems = exactlyOne(path, mirror, ['url', 'mirrorlist', 'metalink']);
  if (mirror.newestOnly && mirror.keepVersions !== undefined) {
    problems.push({
      path: [...path, 'keepVersions'],
      part: 'key',
      message: 'cannot stand beside newestOnly, which keeps one version',
      allowed: 'one of newestOnly and keepVersions',
    });
  }
  return problems;
}

function exactlyOne(path: KeyPath, mirror: MirrorConfig, keys: readonly string[]): Problem[] {
  const given = keys.filter((key) => (mirror as Readonly<Record<string, unknown>>)[key] !== undefined);
  if (given.length === 1) return [];
  const allowed = `exactly one of ${keys.join(', ')}`;
  if (given.length === 0) return [{ path, part: 'key', message: 'it does not say where the upstream is', allowed }];
  return given.slice(1).map((key) => ({ path: [...path, key], part: 'key', message: `cannot stand beside ${given[0]}`, allowed }));
}

/** Commands take names of mirrors, repos and groups alike, so no two may be the same. */
function sharedNames(config: Config): Problem[] {
  const problems: Problem[] = [];
  const taken = new Map<string, string>();
  for (const section of ['mirrors', 'repos', 'groups'] as const) {
    for (const name of Object.keys(config[section])) {
      const other = taken.get(name);
      if (other === undefined) taken.set(name, section);
      else
        problems.push({
          path: [section, name],
          part: 'key',
          message: `the name is taken: it is in ${other} too`,
          allowed: 'a name of its own',
        });
    }
  }
  return problems;
}

function references(config: Config): Problem[] {
  const problems: Problem[] = [];
  const mirrors = Object.keys(config.mirrors);
  for (const [group, members] of Object.entries(config.groups)) {
    for (const [index, member] of members.entries()) {
      if (!mirrors.includes(member)) problems.push(unknownName(['groups', group, index], 'mirror', { name: member, known: mirrors }));
    }
  }
  const schedulable = [...mirrors, ...Object.keys(config.groups)];
  for (const name of Object.keys(config.schedule)) {
    if (!schedulable.includes(name))
      problems.push({ ...unknownName(['schedule', name], 'mirror or group', { name, known: schedulable }), part: 'key' });
  }
  return problems;
}

function registryChecks({ serve: { registry } }: Config): Problem[] {
  if (registry.users === undefined || registry.push === 'users') return [];
  const message = `nothing asks for users: push is ${registry.push}`;
  return [{ path: ['serve', 'registry', 'users'], part: 'key', message, allowed: 'push: users beside it' }];
}
