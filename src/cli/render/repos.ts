import { counted, formatCount } from '../../core/counts.ts';
import type { RepoAddReport } from '../../ops/repo-add.ts';
import type { RepoRemoveReport, RepoSummary } from '../../ops/repos.ts';
import { formatTable } from './table.ts';
import { formatAge, formatBytes } from './units.ts';

/** The local repositories as a table. `now` in milliseconds since 1970. */
export function repoTable(repos: readonly RepoSummary[], now: number): string {
  if (repos.length === 0) return 'No repos yet. Create one with `mirror repo create NAME`.\n';
  return formatTable(
    [{ title: 'REPO' }, { title: 'TYPE' }, { title: 'PACKAGES', align: 'right' }, { title: 'SIZE', align: 'right' }, { title: 'CHANGED' }],
    repos.map(({ name, type, packages, bytes, changed }) => [name, type, formatCount(packages), formatBytes(bytes), ageText(changed, now)]),
  );
}

/** One local repository, with its packages if they are given. */
export function repoDetails(repo: RepoSummary, packages: readonly string[] | undefined, now: number): string {
  const lines = [
    `Name      ${repo.name}`,
    `Type      ${repo.type}`,
    `Packages  ${formatCount(repo.packages)}`,
    `Size      ${formatBytes(repo.bytes)}`,
    `Changed   ${ageText(repo.changed, now)}`,
  ];
  if (packages !== undefined && packages.length > 0) lines.push('', ...packages);
  return `${lines.join('\n')}\n`;
}

/** What was added, one package a line, and what was not because it was there. */
export function addedText({ name, dryRun, added, replaced, present, packages }: RepoAddReport): string {
  const other = new Set(replaced);
  const lines = added.map((label) => `${other.has(label) ? 'replaced' : 'added'} ${label}`);
  lines.push(...present.map((label) => `unchanged ${label}`));
  const would = dryRun ? 'would have' : 'has';
  return `${lines.join('\n')}\n${name} ${would} ${counted(packages, 'package')}\n`;
}

/** What was removed, one package a line. */
export function removedText({ name, dryRun, removed, packages }: RepoRemoveReport): string {
  return `${removed.map((label) => `removed ${label}\n`).join('')}${name} ${dryRun ? 'would have' : 'has'} ${counted(packages, 'package')}\n`;
}

function ageText(time: string | null, now: number): string {
  return time === null ? 'never' : formatAge(Date.parse(time), now);
}
