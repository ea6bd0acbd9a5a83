import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { GnuPg } from '../openpgp/gnupg.ts';
import { succeed } from './program.ts';
import { SHARED_DATA } from './requirements.ts';
import { signRpms } from './rpm-repository.ts';

/** What a repository has besides its packages: the path of a file by the type of metadata; `group` is comps. */
export type FurtherFiles = Readonly<Record<string, string>>;

/** Copies the packages of a folder of the shared data, which it is given a path below, and signs them. */
export async function copyPackages(fixture: string, folder: string, gnupg: GnuPg, signer: string): Promise<void> {
  const from = join(SHARED_DATA ?? '', fixture);
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(from)) if (name.endsWith('.rpm')) cpSync(join(from, name), join(folder, name));
  await signRpms(folder, gnupg, signer);
}

/** Makes the metadata of a folder of packages with createrepo_c, adds other metadata to it, and signs it; the key lies beside it. */
export async function publishWith(folder: string, gnupg: GnuPg, signer: string, files: FurtherFiles): Promise<void> {
  const { group, ...others } = files;
  const repodata = join(folder, 'repodata');
  rmSync(repodata, { recursive: true, force: true });
  await succeed('createrepo_c', ['--quiet', '--no-database', ...(group === undefined ? [] : ['--groupfile', group]), folder]);
  for (const [type, file] of Object.entries(others)) await succeed('modifyrepo_c', [`--mdtype=${type}`, file, repodata]);
  const repomd = join(repodata, 'repomd.xml');
  gnupg.gpg(['--local-user', signer, '--armor', '--detach-sign', '--output', `${repomd}.asc`, repomd]);
  gnupg.gpg(['--armor', '--output', `${repomd}.key`, '--export', signer]);
}
