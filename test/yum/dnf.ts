import { execFileSync } from 'node:child_process';

/** Asks dnf for each package alone: "name yes" or "name no". */
const INSTALLABLE = `
import sys, dnf, dnf.exceptions
directory, names = sys.argv[1], sys.argv[2:]
base = dnf.Base()
base.conf.installroot = directory + '/install'
base.conf.cachedir = directory + '/cache'
base.conf.persistdir = directory + '/persist'
base.conf.reposdir = [directory + '/none']
base.conf.substitutions.update(releasever='9', arch='x86_64', basearch='x86_64')
base.conf.install_weak_deps = False
base.repos.add_new_repo('test', base.conf, baseurl=['file://' + directory])
base.fill_sack(load_system_repo=False)
for name in names:
    base.reset(goal=True)
    try:
        base.install(name)
        base.resolve()
        print(name, 'yes')
    except dnf.exceptions.DepsolveError:
        print(name, 'no')
`;

/** Those of the packages of a repository that dnf cannot install, each taken alone on an empty machine. Needs dnf and the system's Python. */
export function refusedByDnf(root: string, names: readonly string[]): string[] {
  const answer = execFileSync('/usr/bin/python3', ['-c', INSTALLABLE, root, ...names], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const lines = answer.trim().split('\n');
  if (lines.length !== names.length) throw new Error(`dnf answered ${lines.length} times for ${names.length} packages`);
  return lines.flatMap((line) => (line.endsWith(' no') ? [line.slice(0, -3)] : []));
}
