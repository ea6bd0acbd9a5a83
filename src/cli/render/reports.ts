import { formatCount } from '../../core/counts.ts';
import type { MirrorError } from '../../core/errors.ts';
import type { PublishReport, SyncReport } from '../../ops/report.ts';
import { formatTable } from './table.ts';
import { formatBytes } from './units.ts';

/** What a sync did, as a table. */
export function syncText({ mirrors }: SyncReport): string {
  return formatTable(
    [
      { title: 'MIRROR' },
      { title: 'STATUS' },
      { title: 'PACKAGES', align: 'right' },
      { title: 'SIZE', align: 'right' },
      { title: 'ADDED', align: 'right' },
      { title: 'REMOVED', align: 'right' },
      { title: mirrors.some((mirror) => mirror.status === 'planned') ? 'TO FETCH' : 'FETCHED', align: 'right' },
      { title: 'VERIFIED' },
    ],
    mirrors.map((mirror) => [
      mirror.name,
      mirror.status,
      formatCount(mirror.packages),
      formatBytes(mirror.bytes),
      mirror.status === 'planned' ? '-' : formatCount(mirror.added),
      mirror.status === 'planned' ? '-' : formatCount(mirror.removed),
      formatBytes(mirror.downloadedBytes),
      mirror.status === 'failed' ? '-' : mirror.verified ? 'yes' : 'NO',
    ]),
  );
}

/** What a sync did, for --json. */
export function syncValue({ mirrors }: SyncReport): unknown {
  return { mirrors: mirrors.map((mirror) => ({ ...mirror, error: errorValue(mirror.error) })) };
}

/** What publishing did, as a table. */
export function publishText({ publications }: PublishReport): string {
  return formatTable(
    [
      { title: 'PUBLICATION' },
      { title: 'STATUS' },
      { title: 'GENERATION', align: 'right' },
      { title: 'PACKAGES', align: 'right' },
      { title: 'SIZE', align: 'right' },
      { title: 'DIGEST' },
    ],
    publications.map((publication) => [
      publication.name,
      publication.status,
      publication.generation === 0 ? '-' : String(publication.generation),
      formatCount(publication.packages),
      formatBytes(publication.bytes),
      publication.digest === '' ? '-' : publication.digest.slice(0, 16),
    ]),
  );
}

/** What publishing did, for --json. */
export function publishValue({ publications }: PublishReport): unknown {
  return { publications: publications.map((publication) => ({ ...publication, error: errorValue(publication.error) })) };
}

/** An error, for --json. */
export function errorValue(error: MirrorError | undefined): unknown {
  return error === undefined ? undefined : { code: error.code, message: error.message, hint: error.hint, details: error.details };
}
