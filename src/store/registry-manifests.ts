import type { Database } from 'better-sqlite3';
import { annotationsColumn, readColumn } from './columns.ts';
import type { RegistryTables, StoredManifest } from './registry-tables.ts';

interface ManifestRow {
  readonly digest: string;
  readonly media_type: string;
  readonly size: number;
  readonly subject: string | null;
  readonly artifact_type: string | null;
  readonly annotations: string | null;
  readonly stored_at: number;
}

type NewManifestRow = ManifestRow & { readonly repository: number; readonly document: number };

type ManifestTable = Pick<
  RegistryTables,
  | 'manifest'
  | 'manifestBytes'
  | 'manifests'
  | 'referrers'
  | 'putManifest'
  | 'touchManifest'
  | 'deleteManifest'
  | 'deleteUntouched'
  | 'tag'
  | 'tags'
  | 'deleteTag'
>;

interface TagRow {
  readonly name: string;
  readonly digest: string;
  readonly tagged_at: number;
}

const OF_REPOSITORY = 'repository = (SELECT id FROM oci_repositories WHERE name = ?)';

/**
 * The tables of manifests and tags. The bytes of a manifest are stored once, however many repositories have it.
 * @param makeRepository gives the id of a repository, new where need be.
 */
export function createManifestTable(
  database: Database,
  makeRepository: (name: string) => number,
  blobs: Pick<RegistryTables, 'blob' | 'touchBlob'>,
): ManifestTable {
  const documents = createDocuments(database);
  const columns = 'digest, media_type, size, subject, artifact_type, annotations, stored_at';
  const one = database.prepare<[string, string], ManifestRow>(`SELECT ${columns} FROM oci_manifests WHERE ${OF_REPOSITORY} AND digest = ?`);
  const page = database.prepare<[string, string, number], ManifestRow>(
    `SELECT ${columns} FROM oci_manifests WHERE ${OF_REPOSITORY} AND digest > ? ORDER BY digest LIMIT ?`,
  );
  const referring = database.prepare<[string, string, string, number], ManifestRow>(
    `SELECT ${columns} FROM oci_manifests WHERE ${OF_REPOSITORY} AND subject = ? AND digest > ? ORDER BY digest LIMIT ?`,
  );
  // Tags of the manifest stay: a row that is replaced would take them with it.
  const put = database.prepare<NewManifestRow>(
    `INSERT INTO oci_manifests (repository, document, ${columns})
     VALUES (@repository, @document, @digest, @media_type, @size, @subject, @artifact_type, @annotations, @stored_at)
     ON CONFLICT (repository, digest) DO UPDATE SET media_type = excluded.media_type, subject = excluded.subject,
       artifact_type = excluded.artifact_type, annotations = excluded.annotations, stored_at = excluded.stored_at`,
  );
  const remove = database
    .prepare<[string, string], number>(`DELETE FROM oci_manifests WHERE ${OF_REPOSITORY} AND digest = ? RETURNING document`)
    .pluck();
  const touch = database.prepare<[number, number, string]>('UPDATE oci_manifests SET stored_at = ? WHERE repository = ? AND digest = ?');
  const touchNamed = database.prepare<[number, string, string]>(
    `UPDATE oci_manifests SET stored_at = ? WHERE ${OF_REPOSITORY} AND digest = ?`,
  );
  const untouched = database
    .prepare<[string, string, number], number>(`SELECT 1 FROM oci_manifests WHERE ${OF_REPOSITORY} AND digest = ? AND stored_at < ?`)
    .pluck();
  const tagsOf = database.prepare<[string, string], string>(`SELECT name FROM oci_tags WHERE ${OF_REPOSITORY} AND digest = ?`).pluck();
  const tags = createTags(database);
  const deleteManifest = (repository: string, digest: string): boolean => {
    const document = remove.get(repository, digest);
    if (document === undefined) return false;
    documents.dropUnused(document);
    return true;
  };
  return {
    manifest(repository, digest) {
      const row = one.get(repository, digest);
      return row === undefined ? undefined : manifestFrom(row);
    },
    manifestBytes: documents.bytes,
    manifests: (repository, { last = '', limit }) => page.all(repository, last, limit).map(manifestFrom),
    referrers: (repository, subject, { last = '', limit }) => referring.all(repository, subject, last, limit).map(manifestFrom),
    putManifest: database.transaction<RegistryTables['putManifest']>(({ repository, record, bytes, ...named }) => {
      const missing = named.blobs.filter((digest) => blobs.blob(repository, digest) === undefined);
      if (missing.length > 0) return missing;
      const now = record.storedAt;
      const id = makeRepository(repository);
      put.run({ repository: id, document: documents.put(record.digest, bytes), ...rowFrom(record) });
      for (const name of named.tags) tags.put(id, name, record.digest, now);
      for (const digest of named.blobs) blobs.touchBlob(repository, digest, now);
      for (const digest of named.manifests) touch.run(now, id, digest);
      return [];
    }).immediate,
    touchManifest: (repository, digest, now) => void touchNamed.run(now, repository, digest),
    deleteManifest: database.transaction(deleteManifest).immediate,
    deleteUntouched: database.transaction<RegistryTables['deleteUntouched']>(
      (repository, digest, since, goesAlong = () => false) =>
        untouched.get(repository, digest, since) !== undefined &&
        tagsOf.all(repository, digest).every(goesAlong) &&
        deleteManifest(repository, digest),
    ).immediate,
    tag: tags.tag,
    tags: tags.tags,
    deleteTag: tags.deleteTag,
  };
}

interface Documents {
  put(digest: string, bytes: Buffer): number;
  bytes(repository: string, digest: string): Buffer | undefined;
  dropUnused(id: number): void;
}

function createDocuments(database: Database): Documents {
  const find = database.prepare<[string], number>('SELECT id FROM oci_documents WHERE digest = ?').pluck();
  const add = database.prepare<[string, Buffer], number>('INSERT INTO oci_documents (digest, bytes) VALUES (?, ?) RETURNING id').pluck();
  const read = database
    .prepare<[string, string], Buffer>(
      `SELECT bytes FROM oci_documents WHERE id = (SELECT document FROM oci_manifests WHERE ${OF_REPOSITORY} AND digest = ?)`,
    )
    .pluck();
  const drop = database.prepare<[number, number]>(
    'DELETE FROM oci_documents WHERE id = ? AND NOT EXISTS (SELECT 1 FROM oci_manifests WHERE document = ?)',
  );
  return {
    put(digest, bytes) {
      const id = find.get(digest) ?? add.get(digest, bytes);
      if (id === undefined) throw new Error('a manifest that was stored has no id');
      return id;
    },
    bytes: (repository, digest) => read.get(repository, digest),
    dropUnused: (id) => void drop.run(id, id),
  };
}

type Tags = Pick<RegistryTables, 'tag' | 'tags' | 'deleteTag'> & {
  put(repository: number, name: string, digest: string, now: number): void;
};

function createTags(database: Database): Tags {
  const one = database.prepare<[string, string], TagRow>(
    `SELECT name, digest, tagged_at FROM oci_tags WHERE ${OF_REPOSITORY} AND name = ?`,
  );
  const page = database.prepare<[string, string, number], TagRow>(
    `SELECT name, digest, tagged_at FROM oci_tags WHERE ${OF_REPOSITORY} AND name > ? ORDER BY name LIMIT ?`,
  );
  const put = database.prepare<[number, string, string, number]>(
    'INSERT OR REPLACE INTO oci_tags (repository, name, digest, tagged_at) VALUES (?, ?, ?, ?)',
  );
  const remove = database.prepare<[string, string]>(`DELETE FROM oci_tags WHERE ${OF_REPOSITORY} AND name = ?`);
  const tagFrom = ({ name, digest, tagged_at }: TagRow) => ({ name, digest, taggedAt: tagged_at });
  return {
    tag(repository, name) {
      const row = one.get(repository, name);
      return row === undefined ? undefined : tagFrom(row);
    },
    tags: (repository, { last = '', limit }) => page.all(repository, last, limit).map(tagFrom),
    deleteTag: (repository, name) => remove.run(repository, name).changes > 0,
    put: (repository, name, digest, now) => void put.run(repository, name, digest, now),
  };
}

function manifestFrom(row: ManifestRow): StoredManifest {
  return {
    digest: row.digest,
    mediaType: row.media_type,
    size: row.size,
    ...(row.subject === null ? {} : { subject: row.subject }),
    ...(row.artifact_type === null ? {} : { artifactType: row.artifact_type }),
    ...(row.annotations === null
      ? {}
      : { annotations: readColumn(annotationsColumn, row.annotations, `the annotations of the manifest ${row.digest}`) }),
    storedAt: row.stored_at,
  };
}

function rowFrom({ digest, mediaType, size, subject, artifactType, annotations, storedAt }: StoredManifest): ManifestRow {
  return {
    digest,
    media_type: mediaType,
    size,
    subject: subject ?? null,
    artifact_type: artifactType ?? null,
    annotations: annotations === undefined ? null : JSON.stringify(annotations),
    stored_at: storedAt,
  };
}
