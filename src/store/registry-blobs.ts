import type { Database } from 'better-sqlite3';
import type { LinkedBlob, RegistryTables } from './registry-tables.ts';

interface BlobRow {
  readonly digest: string;
  readonly sha256: string;
  readonly size: number;
  readonly linked_at: number;
}

type BlobTable = Pick<
  RegistryTables,
  | 'blob'
  | 'blobs'
  | 'repositoriesWithBlob'
  | 'linkBlob'
  | 'touchBlob'
  | 'unlinkBlob'
  | 'unlinkUntouched'
  | 'isLinked'
  | 'unlinkedFiles'
  | 'removeUnlinked'
>;

const OF_REPOSITORY = 'repository = (SELECT id FROM oci_repositories WHERE name = ?)';

/**
 * The table of which repository has which blobs.
 * @param makeRepository gives the id of a repository, new where need be.
 */
export function createBlobTable(database: Database, makeRepository: (name: string) => number): BlobTable {
  const columns = 'digest, sha256, size, linked_at';
  const one = database.prepare<[string, string], BlobRow>(`SELECT ${columns} FROM oci_blobs WHERE ${OF_REPOSITORY} AND digest = ?`);
  const page = database.prepare<[string, string, number], BlobRow>(
    `SELECT ${columns} FROM oci_blobs WHERE ${OF_REPOSITORY} AND digest > ? ORDER BY digest LIMIT ?`,
  );
  const having = database
    .prepare<[string], string>(
      'SELECT name FROM oci_repositories WHERE id IN (SELECT repository FROM oci_blobs WHERE digest = ?) ORDER BY name',
    )
    .pluck();
  const put = database.prepare<[number, string, string, number, number]>(
    'INSERT OR REPLACE INTO oci_blobs (repository, digest, sha256, size, linked_at) VALUES (?, ?, ?, ?, ?)',
  );
  const touch = database.prepare<[number, string, string]>(`UPDATE oci_blobs SET linked_at = ? WHERE ${OF_REPOSITORY} AND digest = ?`);
  const remove = database.prepare<[string, string]>(`DELETE FROM oci_blobs WHERE ${OF_REPOSITORY} AND digest = ?`);
  const removeUntouched = database.prepare<[string, string, number]>(
    `DELETE FROM oci_blobs WHERE ${OF_REPOSITORY} AND digest = ? AND linked_at < ?`,
  );
  const any = database.prepare<[string], number>('SELECT 1 FROM oci_blobs WHERE sha256 = ? LIMIT 1').pluck();
  const unlinked = database.prepare<[], { readonly sha256: string; readonly size: number }>(
    'SELECT sha256, size FROM oci_unlinked WHERE NOT EXISTS (SELECT 1 FROM oci_blobs WHERE oci_blobs.sha256 = oci_unlinked.sha256) ORDER BY sha256',
  );
  const forget = database.prepare<[string]>('DELETE FROM oci_unlinked WHERE sha256 = ?');
  return {
    blob: (repository, digest) => blobOf(one.get(repository, digest)),
    blobs: (repository, { last = '', limit }) => page.all(repository, last, limit).map(blobFrom),
    repositoriesWithBlob: (digest) => having.all(digest),
    linkBlob: database.transaction<RegistryTables['linkBlob']>(({ repository, blob }, inPool) => {
      if (!inPool(blob.sha256)) return false;
      put.run(makeRepository(repository), blob.digest, blob.sha256, blob.size, blob.linkedAt);
      return true;
    }).immediate,
    touchBlob: (repository, digest, now) => void touch.run(now, repository, digest),
    unlinkBlob: (repository, digest) => remove.run(repository, digest).changes > 0,
    unlinkUntouched: (repository, digest, since) => removeUntouched.run(repository, digest, since).changes > 0,
    isLinked: (sha256) => any.get(sha256) !== undefined,
    unlinkedFiles: () => unlinked.all(),
    removeUnlinked: database.transaction<RegistryTables['removeUnlinked']>((sha256, remove) => {
      if (any.get(sha256) !== undefined || (remove !== undefined && !remove())) return false;
      forget.run(sha256);
      return true;
    }).immediate,
  };
}

function blobOf(row: BlobRow | undefined): LinkedBlob | undefined {
  return row === undefined ? undefined : blobFrom(row);
}

function blobFrom({ digest, sha256, size, linked_at }: BlobRow): LinkedBlob {
  return { digest, sha256, size, linkedAt: linked_at };
}
