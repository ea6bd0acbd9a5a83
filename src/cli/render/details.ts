import { formatCount } from '../../core/counts.ts';
import type { Details, MirrorDetails, PublicationDetails, RepoDetails } from '../../ops/status.ts';
import { snapshotDetails } from './snapshots.ts';
import { mirrorTable, upstreamText, verifiedText } from './summaries.ts';
import { formatFields } from './table.ts';
import { formatAge, formatBytes } from './units.ts';

/** What `mirror show` says of one thing. `now` in milliseconds since 1970. */
export function detailsText(details: Details, now: number): string {
  switch (details.kind) {
    case 'group':
      return `${formatFields([['Group', details.name]])}\n${mirrorTable(details.mirrors, now)}`;
    case 'mirror':
      return mirrorText(details, now);
    case 'repo':
      return repoText(details, now);
    case 'snapshot':
      return snapshotDetails(details, now);
    case 'publication':
      if (!('digest' in details)) {
        return formatFields([
          ['Publication', details.name],
          ['From', details.from.join(', ')],
          ['Published', 'never'],
        ]);
      }
      return publicationText(details, now);
  }
}

function mirrorText(mirror: MirrorDetails, now: number): string {
  const { withDeps } = mirror;
  const followed =
    typeof withDeps === 'boolean'
      ? withDeps
        ? 'yes'
        : 'no'
      : ['yes', ...Object.entries(withDeps).flatMap(([key, on]) => (on ? [key] : []))].join(', ');
  const missing = mirror.unsatisfiedRequirements.map(
    ({ requirement, chain }) => `${requirement} (needed by ${[...chain].reverse().join(', needed by ')})`,
  );
  return formatFields([
    ['Mirror', mirror.name],
    ['Type', mirror.type],
    ['Upstream', upstreamText(mirror)],
    ['Architectures', mirror.architectures?.join(', ')],
    ['Filter', mirror.filter],
    ['With dependencies', mirror.filter === undefined ? undefined : followed],
    ['Packages', mirror.syncedAt === null ? undefined : `${formatCount(mirror.packages)}, ${formatBytes(mirror.bytes)}`],
    ['Synced', timeText(mirror.syncedAt, now) ?? 'never'],
    ['Verified', verifiedText(mirror)],
    ['Signed by', mirror.verified?.signedBy ?? undefined],
    ['Trusted keys', mirror.keys.length === 0 ? undefined : mirror.keys.map((key) => key.fingerprint).join('\n')],
    ['Upstream date', timeText(mirror.upstreamDate, now)],
    ['Valid until', mirror.validUntil ?? undefined],
    ['Groups', listText(mirror.groups)],
    ['Published in', listText(mirror.publications)],
    ['Not satisfied', missing.length === 0 ? undefined : missing.join('\n')],
  ]);
}

function repoText(repo: RepoDetails, now: number): string {
  return formatFields([
    ['Repo', repo.name],
    ['Type', repo.type],
    ['Packages', `${formatCount(repo.packages)}, ${formatBytes(repo.bytes)}`],
    ['Changed', timeText(repo.changed, now) ?? 'never'],
    ['Published in', listText(repo.publications)],
  ]);
}

function publicationText(publication: PublicationDetails, now: number): string {
  const generations = publication.generations.map(({ number, published, digest, current }) => {
    return `${number}  ${published}  ${digest.slice(0, 16)}${current ? '  current' : ''}`;
  });
  return formatFields([
    ['Publication', publication.name],
    ['Type', publication.family],
    ['Path', publication.path],
    ['Distribution', publication.distribution],
    ['Components', listText(publication.components)],
    ['Architectures', listText(publication.architectures)],
    ['From', publication.from.join(', ')],
    ['Packages', `${formatCount(publication.packages)}, ${formatBytes(publication.bytes)}`],
    ['Published', timeText(publication.published, now)],
    ['Verified', publication.verified ? 'yes' : 'NO: an upstream is not verified'],
    ['Signed by', publication.signedBy ?? 'NO: no signing key is configured'],
    ['Digest', publication.digest],
    ['Generations', generations.join('\n')],
  ]);
}

function timeText(time: string | null, now: number): string | undefined {
  return time === null ? undefined : `${time} (${formatAge(Date.parse(time), now)})`;
}

function listText(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : names.join(', ');
}
