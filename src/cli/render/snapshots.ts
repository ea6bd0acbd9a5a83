import { counted, formatCount, shortened } from '../../core/counts.ts';
import type { DifferenceReport } from '../../ops/snapshot-diff.ts';
import type { PullReport } from '../../ops/snapshot-pull.ts';
import type { VerifyReport } from '../../ops/snapshot-verify.ts';
import type { SnapshotSummary, SnapshotUses } from '../../ops/snapshots.ts';
import { formatFields, formatTable } from './table.ts';
import { formatAge, formatBytes } from './units.ts';

/** Packages that are named as needing one that is missing. */
const NEEDING_SHOWN = 3;

/** The snapshots as a table. `now` in milliseconds since 1970. */
export function snapshotTable(snapshots: readonly SnapshotSummary[], now: number): string {
  if (snapshots.length === 0) return 'No snapshots yet. Make one with `mirror snapshot create NAME --from MIRROR`.\n';
  return formatTable(
    [
      { title: 'SNAPSHOT' },
      { title: 'TYPE' },
      { title: 'PACKAGES', align: 'right' },
      { title: 'SIZE', align: 'right' },
      { title: 'CREATED' },
      { title: 'USED BY' },
      { title: 'MADE' },
    ],
    snapshots.map((snapshot) => [
      snapshot.name,
      snapshot.type,
      formatCount(snapshot.packages),
      formatBytes(snapshot.bytes),
      formatAge(Date.parse(snapshot.created), now),
      usesText(snapshot.usedBy) ?? '-',
      snapshot.description,
    ]),
  );
}

/** One snapshot. `now` in milliseconds since 1970. */
export function snapshotDetails(snapshot: SnapshotSummary, now: number): string {
  const parts = (['metadata', 'packages'] as const).filter((part) => snapshot.verified[part]);
  return formatFields([
    ['Snapshot', snapshot.name],
    ['Type', snapshot.type],
    ['Packages', `${formatCount(snapshot.packages)}, ${formatBytes(snapshot.bytes)}`],
    ['Created', `${snapshot.created} (${formatAge(Date.parse(snapshot.created), now)})`],
    ['Made', snapshot.description],
    ['From', snapshot.from.length === 0 ? undefined : snapshot.from.map(({ kind, name }) => `${kind} ${name}`).join('\n')],
    ['Verified', parts.length === 0 ? 'NO' : parts.join(', ')],
    ['Digest', snapshot.digest],
    ['Used by', usesText(snapshot.usedBy)],
  ]);
}

/** What was made, in one line. */
export function madeText({ name, packages, bytes }: SnapshotSummary): string {
  return `snapshot ${name}: ${counted(packages, 'package')}, ${formatBytes(bytes)}\n`;
}

/** What goes and what comes, one package a line, and the new snapshot. */
export function pullText({ snapshot, added, removed }: PullReport): string {
  const lines = [...removed.map((label) => `- ${label}\n`), ...added.map((label) => `+ ${label}\n`)];
  if (lines.length === 0) lines.push('everything is there already\n');
  return `${lines.join('')}${snapshot === undefined ? 'not created: this is a dry run\n' : madeText(snapshot)}`;
}

/** Rows in columns: `-` for what only the left has, `+` for what only the right has, `!` for other versions. */
export function differenceText({ left, right, differences }: DifferenceReport): string {
  if (differences.length === 0) return `${left} and ${right} do not differ\n`;
  return formatTable(
    [{ title: '' }, { title: 'ARCH' }, { title: 'PACKAGE' }, { title: left }, { title: right }],
    differences.map((row) => {
      const sign = row.left === null ? '+' : row.right === null ? '-' : '!';
      const right = row.left !== null && row.left === row.right ? `${row.right} (another file)` : (row.right ?? '-');
      return [sign, row.architecture, row.name, row.left ?? '-', right];
    }),
  );
}

/** What nothing satisfies, and who needs it. */
export function verifyText({ name, packages, missing }: VerifyReport): string {
  if (missing.length === 0) return `${name}: everything that its ${counted(packages, 'package')} need is there\n`;
  const lines = missing.map(({ requirement, neededBy }) => `  ${requirement}  needed by ${shortened(neededBy, NEEDING_SHOWN)}\n`);
  return `${name}: ${counted(missing.length, 'dependency', 'dependencies')} missing\n${lines.join('')}`;
}

function usesText({ publications, configured, snapshots }: SnapshotUses): string | undefined {
  const all = [
    ...new Set([...publications, ...configured].map((name) => `publication ${name}`)),
    ...snapshots.map((name) => `snapshot ${name}`),
  ];
  return all.length === 0 ? undefined : all.join(', ');
}
