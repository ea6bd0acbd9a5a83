import { counted, formatCount, shortened } from '../../core/counts.ts';
import type { CreaterepoReport } from '../../ops/createrepo.ts';
import { clean } from './table.ts';

/** Packages that are named of each kind of trouble. */
const SHOWN = 20;
/** Of each package that is there more than once. */
const PATHS_SHOWN = 4;

/** What `mirror createrepo` has done, for people. */
export function createrepoText(done: CreaterepoReport): string {
  const { duplicates, packages, read, repomd, reused, revision, unchanged, unreadable } = done;
  const how = reused === 0 ? '' : ` (${formatCount(read)} read, ${formatCount(reused)} as before)`;
  const lines = [
    `Packages  ${formatCount(packages)}${how}`,
    `Metadata  ${clean(repomd)}${unchanged ? ', left as it is' : ''}`,
    `Revision  ${clean(revision)}`,
  ];
  if (packages === 0 && unreadable.length === 0)
    lines.push('', `There is no package in ${clean(done.directory)}: the repository is empty.`);
  const kinds = [
    [duplicates.sameName, 'package', 'listed'],
    [duplicates.sameContent, 'file', 'there'],
  ] as const;
  for (const [found, noun, how] of kinds) {
    if (found.length === 0) continue;
    const named = found.map(({ key, paths }) => clean(`${key}: ${shortened(paths, PATHS_SHOWN)}`));
    lines.push('', `${counted(found.length, noun)} ${isOrAre(found)} ${how} more than once:`, `  ${shortened(named, SHOWN, '\n  ')}`);
  }
  if (unreadable.length > 0) {
    const named = unreadable.map(({ path, reason }) => clean(reason.includes(path) ? reason : `${path}: ${reason}`));
    lines.push('', `${counted(unreadable.length, 'package')} could not be read and ${isOrAre(unreadable)} left out:`);
    lines.push(`  ${shortened(named, SHOWN, '\n  ')}`);
  }
  return `${lines.join('\n')}\n`;
}

function isOrAre({ length }: readonly unknown[]): string {
  return length === 1 ? 'is' : 'are';
}
