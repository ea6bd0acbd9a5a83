import { execFileSync } from 'node:child_process';

/**
 * A program for Python that has libsolv install each binary package of a repository alone on an empty x86_64 machine, and prints those that
 * cannot be. It takes packages of 64 and of 32 bits beside each other, as libsolv does where it is built for rpm's distributions.
 */
export const FIND_BROKEN = `
import glob, solv, sys
pool = solv.Pool()
pool.setdisttype(solv.Pool.DISTTYPE_RPM)
pool.setarch('x86_64')
pool.set_flag(solv.Pool.POOL_FLAG_IMPLICITOBSOLETEUSESCOLORS, 1)
repo = pool.add_repo('test')
def add(kind, *more):
    repo.add_rpmmd(solv.xfopen(glob.glob(sys.argv[1] + '/repodata/*' + kind + '.xml.gz')[0]), *more)
add('primary', None)
add('filelists', 'FL', solv.Repo.REPO_LOCALPOOL | solv.Repo.REPO_EXTEND_SOLVABLES)
pool.addfileprovides()
pool.createwhatprovides()
for name in ['kernel', 'kernel-PAE', 'installonlypkg(kernel)', 'installonlypkg(kernel-module)', 'installonlypkg(vm)', 'multiversion(kernel)']:
    for solvable in pool.whatprovides(pool.str2id(name)):
        pool.setpooljobs(pool.getpooljobs() + [solvable.Selection().jobs(solv.Job.SOLVER_MULTIVERSION)[0]])
for solvable in repo.solvables:
    if solvable.arch in ('src', 'nosrc'):
        continue
    solver = pool.Solver()
    solver.set_flag(solv.Solver.SOLVER_FLAG_IGNORE_RECOMMENDED, 1)
    solver.set_flag(solv.Solver.SOLVER_FLAG_NO_INFARCHCHECK, 1)
    if solver.solve([pool.Job(solv.Job.SOLVER_INSTALL | solv.Job.SOLVER_SOLVABLE, solvable.id)]):
        print('%s.%s' % (solvable.name + '-' + solvable.evr, solvable.arch))
`;

/** The packages of a repository that libsolv cannot install, as labels, sorted. Needs the system's Python with its module `solv`. */
export function brokenByLibsolv(root: string): string[] {
  const answer = execFileSync('/usr/bin/python3', ['-c', FIND_BROKEN, root], { encoding: 'utf8', maxBuffer: 1 << 28 });
  return answer
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}
