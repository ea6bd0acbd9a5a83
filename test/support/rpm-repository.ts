import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GnuPg } from '../openpgp/gnupg.ts';
import { succeed } from './program.ts';

/** A package to build with rpmbuild; further lines go into the preamble of the spec file. */
export interface RpmSpec {
  readonly name: string;
  readonly version?: string;
  readonly release?: string;
  readonly epoch?: number;
  readonly preamble?: readonly string[];
  /** Absolute paths of files that the package has. */
  readonly files?: readonly string[];
}

/** Builds a real noarch .rpm into a folder. */
export async function buildRpm(folder: string, spec: RpmSpec): Promise<void> {
  const work = join(folder, '..', `rpmbuild-${spec.name}`);
  mkdirSync(work, { recursive: true });
  mkdirSync(folder, { recursive: true });
  const files = spec.files ?? [`/usr/share/${spec.name}/data`];
  const text = [
    `Name: ${spec.name}`,
    `Version: ${spec.version ?? '1.0'}`,
    `Release: ${spec.release ?? '1'}`,
    ...(spec.epoch === undefined ? [] : [`Epoch: ${spec.epoch}`]),
    `Summary: the ${spec.name} package of a test`,
    'License: MIT',
    'BuildArch: noarch',
    'AutoReqProv: no',
    ...(spec.preamble ?? []),
    '%description',
    'A test.',
    '%install',
    ...files.map((file) => `install -D -m 755 /dev/null %{buildroot}${file}`),
    '%files',
    ...files,
    '',
  ];
  writeFileSync(join(work, 'package.spec'), text.join('\n'));
  await succeed('rpmbuild', [
    '-bb',
    '--quiet',
    '--define',
    `_topdir ${work}`,
    '--define',
    `_rpmdir ${folder}`,
    '--define',
    '_rpmfilename %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm',
    '--define',
    `_dbpath ${work}/db`,
    join(work, 'package.spec'),
  ]);
}

/** Signs every package in a folder. */
export async function signRpms(folder: string, gnupg: GnuPg, signer: string, digest: 'sha1' | 'sha256' = 'sha256'): Promise<void> {
  const packages = readdirSync(folder).filter((name) => name.endsWith('.rpm'));
  const defines = [`_gpg_name ${signer}`, `_gpg_path ${gnupg.home}`, `_gpg_digest_algo ${digest}`, '__gpg /usr/bin/gpg'].flatMap(
    (define) => ['--define', define],
  );
  await succeed('rpmsign', ['--addsign', ...defines, ...packages.map((name) => join(folder, name))], { env: { GNUPGHOME: gnupg.home } });
}

export interface RpmPublication {
  readonly signPackages?: boolean;
  /** A comps file. */
  readonly groupFile?: string;
  /** In seconds since 1970; also the time of every file. */
  readonly revision?: number;
}

/** Makes the metadata of a folder of packages with createrepo_c and signs it, and the packages too where that is asked for. */
export async function publishRpms(folder: string, gnupg: GnuPg, signer: string, options: RpmPublication = {}): Promise<void> {
  if (options.signPackages === true) await signRpms(folder, gnupg, signer);
  const { groupFile, revision } = options;
  await succeed('createrepo_c', [
    '--quiet',
    ...(groupFile === undefined ? [] : ['--groupfile', groupFile]),
    ...(revision === undefined ? [] : ['--revision', String(revision), '--set-timestamp-to-revision']),
    folder,
  ]);
  const repomd = join(folder, 'repodata/repomd.xml');
  gnupg.gpg(['--local-user', signer, '--armor', '--detach-sign', '--output', `${repomd}.asc`, repomd]);
}
