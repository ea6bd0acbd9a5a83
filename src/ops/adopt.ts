import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { FamilyName } from '../config/schema.ts';
import { MirrorError } from '../core/errors.ts';
import type { NewMirror } from './add.ts';
import { adoptApt } from './adopt-apt.ts';
import { adoptYum } from './adopt-yum.ts';
import { type Machine, readOsRelease } from './machine.ts';
import { slug } from './source-names.ts';

/** What this machine's package manager uses, as a configuration of ours. */
export interface AdoptedSources {
  readonly family: FamilyName;
  readonly mirrors: readonly NewMirror[];
  /** Public keys that the configuration names, by path relative to it. */
  readonly keyFiles: ReadonlyMap<string, string>;
  readonly notices: readonly string[];
  readonly proxy?: string | undefined;
}

export interface AdoptedMachine extends AdoptedSources {
  /** A name for what is made of it: the release's codename, or the system's name and version. */
  readonly name: string;
  /** A PEM file of the certificate authorities that the machine trusts, where it has one. */
  readonly certificateAuthorities?: string | undefined;
}

/** Bundles of certificate authorities: Debian and its kin, Fedora and its kin. */
const CA_BUNDLES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt'];

/**
 * Reads the repositories that the machine's own apt uses, or else its dnf, with the keys that they trust. Nothing is changed.
 * Throws NOTHING_TO_ADOPT when there are none, CONFIG_INVALID for files that apt or dnf would not take either.
 */
export async function adoptMachine(machine: Machine): Promise<AdoptedMachine> {
  const release = await readOsRelease(machine.root);
  const apt = await adoptApt(machine);
  const sources = apt.mirrors.length > 0 ? apt : await adoptYum(machine, release);
  if (sources.mirrors.length === 0) {
    throw new MirrorError('NOTHING_TO_ADOPT', 'neither apt nor dnf of this machine has a repository that can be mirrored', {
      hint: [...apt.notices, ...sources.notices].join(' ') || 'Begin with `mirror init` and `mirror add` instead.',
    });
  }
  const codename = release.get('VERSION_CODENAME');
  const version = (release.get('VERSION_ID') ?? '').split('.')[0] ?? '';
  const fallback = slug(`${release.get('ID') ?? 'local'}${version === '' ? '' : `-${version}`}`);
  const name = sources.family === 'apt' && codename !== undefined ? slug(codename) : fallback;
  const bundle = CA_BUNDLES.find((path) => existsSync(join(machine.root, path)));
  return { ...sources, name: name || 'local', certificateAuthorities: bundle === undefined ? undefined : join(machine.root, bundle) };
}
