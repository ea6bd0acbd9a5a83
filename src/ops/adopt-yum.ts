import { join } from 'node:path';
import type { MirrorInput } from '../config/edit.ts';
import { MirrorError } from '../core/errors.ts';
import { parseIni } from '../yum/format/repository/ini.ts';
import type { NewMirror } from './add.ts';
import type { AdoptedSources } from './adopt.ts';
import { adoptedProxy } from './adopted-proxy.ts';
import { importYumRepos } from './import-yum.ts';
import { type Machine, namesIn, readIfThere } from './machine.ts';

/** RPM's names of architectures, by Node's. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'x86_64',
  arm64: 'aarch64',
  ppc64: 'ppc64le',
  s390x: 's390x',
  riscv64: 'riscv64',
};

/** The repositories that dnf or yum uses, with the keys that they name. */
export async function adoptYum(machine: Machine, release: ReadonlyMap<string, string>): Promise<AdoptedSources> {
  const { root } = machine;
  const basearch = ARCHITECTURES[machine.architecture] ?? machine.architecture;
  const vars = { ...releaseVariables(release), basearch, arch: basearch, ...(await variablesIn(root)) };
  const notices: string[] = [];
  const mirrors: NewMirror[] = [];
  for (const name of await namesIn(join(root, 'etc/yum.repos.d'))) {
    if (!name.endsWith('.repo')) continue;
    const file = join(root, 'etc/yum.repos.d', name);
    const imported = importYumRepos((await readIfThere(file)) ?? '', file, {
      vars,
      filters: false,
      taken: mirrors.map((mirror) => mirror.name),
    });
    notices.push(...imported.notices);
    for (const mirror of imported.mirrors) mirrors.push({ name: mirror.name, value: adjust(mirror.value, root, basearch) });
  }
  return { family: 'yum', mirrors, keyFiles: new Map(), notices, proxy: await proxyOf(root, notices) };
}

/** The proxy for all repositories: dnf's, or else that of the older yum. */
async function proxyOf(root: string, notices: string[]): Promise<string | undefined> {
  for (const name of ['etc/dnf/dnf.conf', 'etc/yum.conf']) {
    const file = join(root, name);
    const sections = parseIni((await readIfThere(file)) ?? '', {
      invalid: (line, why) => new MirrorError('CONFIG_INVALID', `${file}:${line}: ${why}`),
    });
    const proxy = sections.get('main')?.get('proxy')?.value;
    if (proxy !== undefined) return adoptedProxy(proxy, 'dnf', notices);
  }
  return undefined;
}

/** For the machine's own architecture only, and with the files that it has. */
function adjust(value: MirrorInput, root: string, basearch: string): MirrorInput {
  const at = (path: string): string => (path.startsWith('/') ? join(root, path) : path);
  const { clientCert, clientKey, keys } = value;
  return {
    ...value,
    architectures: [basearch, 'noarch'],
    ...(keys === undefined ? {} : { keys: keys.map(at) }),
    ...(clientCert === undefined ? {} : { clientCert: at(clientCert) }),
    ...(clientKey === undefined ? {} : { clientKey: at(clientKey) }),
  };
}

/** Fedora counts whole releases; Enterprise Linux has one repository for all minor releases of a major one. */
function releaseVariables(release: ReadonlyMap<string, string>): Record<string, string> {
  const version = release.get('VERSION_ID');
  if (version === undefined) return {};
  const [major = version, minor] = version.split('.');
  return { releasever: major, releasever_major: major, ...(minor === undefined ? {} : { releasever_minor: minor }) };
}

/** What administrators and release packages set, one variable a file. */
async function variablesIn(root: string): Promise<Record<string, string>> {
  const vars: Record<string, string> = {};
  for (const directory of ['etc/yum/vars', 'etc/dnf/vars']) {
    for (const name of await namesIn(join(root, directory))) {
      const [line = ''] = ((await readIfThere(join(root, directory, name))) ?? '').split('\n');
      vars[name] = line.trim();
    }
  }
  return vars;
}
