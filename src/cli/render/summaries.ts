import { formatCount } from '../../core/counts.ts';
import type { RepoSummary } from '../../ops/repos.ts';
import type { SnapshotSummary } from '../../ops/snapshots.ts';
import type { ListedSource, MirrorSummary, PublicationSummary, StatusReport } from '../../ops/status.ts';
import { repoTable } from './repos.ts';
import { snapshotTable } from './snapshots.ts';
import { formatTable } from './table.ts';
import { formatAge, formatBytes } from './units.ts';

/** The mirrors of a configuration as a table. `now` in milliseconds since 1970. */
export function mirrorTable(mirrors: readonly MirrorSummary[], now: number): string {
  if (mirrors.length === 0) return 'No mirrors yet. Add one with `mirror add`.\n';
  return formatTable(
    [
      { title: 'MIRROR' },
      { title: 'TYPE' },
      { title: 'UPSTREAM' },
      { title: 'PACKAGES', align: 'right' },
      { title: 'SIZE', align: 'right' },
      { title: 'SYNCED' },
      { title: 'VERIFIED' },
    ],
    mirrors.map((mirror) => {
      const synced = mirror.syncedAt !== null;
      return [
        mirror.name,
        mirror.type,
        upstreamText(mirror),
        synced ? formatCount(mirror.packages) : '-',
        synced ? formatBytes(mirror.bytes) : '-',
        mirror.syncedAt === null ? 'never' : formatAge(Date.parse(mirror.syncedAt), now),
        verifiedText(mirror),
      ];
    }),
  );
}

/** What packages come from: a table of mirrors, and one of repos and of snapshots where there are any. `now` in milliseconds since 1970. */
export function sourceTables(sources: readonly ListedSource[], now: number): string {
  const mirrors = sources.filter((source) => source.kind === 'mirror');
  const repos = sources.filter((source) => source.kind === 'repo');
  const snapshots = sources.filter((source) => source.kind === 'snapshot');
  return [mirrorTable(mirrors, now), ...storedTables(repos, snapshots, now)].join('\n');
}

function storedTables(repos: readonly RepoSummary[], snapshots: readonly SnapshotSummary[], now: number): string[] {
  return [...(repos.length === 0 ? [] : [repoTable(repos, now)]), ...(snapshots.length === 0 ? [] : [snapshotTable(snapshots, now)])];
}

/** What is published as a table. */
export function publicationTable(publications: readonly PublicationSummary[], now: number): string {
  if (publications.length === 0) return 'Nothing is published yet. Publish with `mirror publish NAME`.\n';
  return formatTable(
    [
      { title: 'PUBLICATION' },
      { title: 'TYPE' },
      { title: 'PATH' },
      { title: 'DISTRIBUTION' },
      { title: 'GENERATION', align: 'right' },
      { title: 'PACKAGES', align: 'right' },
      { title: 'SIZE', align: 'right' },
      { title: 'PUBLISHED' },
      { title: 'VERIFIED' },
      { title: 'SIGNED' },
      { title: 'FROM' },
    ],
    publications.map((publication) => [
      publication.name,
      publication.family,
      publication.path,
      publication.distribution === undefined ? '-' : [publication.distribution, ...publication.components].join(' '),
      String(publication.generation),
      formatCount(publication.packages),
      formatBytes(publication.bytes),
      formatAge(Date.parse(publication.published), now),
      publication.verified ? 'yes' : 'NO',
      publication.signedBy === null ? 'NO' : 'yes',
      publication.from.join(' '),
    ]),
  );
}

/** Everything that `mirror status` says. */
export function statusText(status: StatusReport, now: number): string {
  const { path, freeBytes, totalBytes } = status.storage;
  const parts = [`Storage: ${path}, ${formatBytes(freeBytes)} of ${formatBytes(totalBytes)} free\n`, mirrorTable(status.mirrors, now)];
  parts.push(...storedTables(status.repos, status.snapshots, now), publicationTable(status.publications, now));
  const notes: string[] = [];
  if (status.unpublished.length > 0) notes.push(`Never published: ${status.unpublished.join(', ')}\n`);
  for (const name of status.unconfigured) {
    notes.push(`${name}: published, and not in the configuration any more (mirror publish drop ${name})\n`);
  }
  for (const mirror of status.mirrors) {
    if (mirror.unsatisfied > 0)
      notes.push(`${mirror.name}: ${mirror.unsatisfied} dependencies cannot be satisfied (mirror show ${mirror.name})\n`);
    if (mirror.validUntil !== null && Date.parse(mirror.validUntil) < now) {
      notes.push(`${mirror.name}: the upstream's metadata expired ${formatAge(Date.parse(mirror.validUntil), now)}; sync it again\n`);
    }
  }
  if (notes.length > 0) parts.push(notes.join(''));
  return parts.join('\n');
}

/** Where a mirror's upstream is, in one line. */
export function upstreamText(mirror: MirrorSummary): string {
  const [url = '', ...more] = mirror.url ?? [mirror.mirrorlist ?? mirror.metalink ?? `ppa:${mirror.ppa ?? ''}`];
  const parts = [more.length === 0 ? url : `${url} (and ${more.length} more)`];
  if (mirror.suite !== undefined) parts.push(mirror.suite);
  return [...parts, ...(mirror.components ?? [])].join(' ');
}

/** `metadata, packages`, `NO` for an upstream that nothing vouches for, `-` before the first sync. */
export function verifiedText(mirror: MirrorSummary): string {
  if (mirror.verified === null) return '-';
  const parts = (['metadata', 'packages'] as const).filter((part) => mirror.verified?.[part] === true);
  return parts.length === 0 ? 'NO' : parts.join(', ');
}
