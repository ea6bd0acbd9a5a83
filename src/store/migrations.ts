import type { Database } from 'better-sqlite3';
import { MirrorError } from '../core/errors.ts';

/** Forward only: a migration that was released is never changed. The database's user_version is how many have been applied. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE packages (
    id INTEGER PRIMARY KEY,
    family TEXT NOT NULL,
    identity BLOB NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    architecture TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    location TEXT NOT NULL,
    record BLOB NOT NULL,
    UNIQUE (family, identity)
  );
  CREATE TABLE extras (
    package INTEGER NOT NULL REFERENCES packages (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (package, kind)
  );
  CREATE TABLE lists (
    id INTEGER PRIMARY KEY,
    family TEXT NOT NULL,
    digest TEXT NOT NULL,
    count INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    members BLOB NOT NULL,
    UNIQUE (family, digest)
  );
  CREATE TABLE mirrors (
    name TEXT PRIMARY KEY,
    family TEXT NOT NULL,
    upstream TEXT NOT NULL,
    keys TEXT NOT NULL,
    list INTEGER REFERENCES lists (id),
    contents TEXT
  ) WITHOUT ROWID;
  CREATE TABLE publications (
    name TEXT PRIMARY KEY,
    generation INTEGER NOT NULL,
    FOREIGN KEY (name, generation) REFERENCES generations (publication, number) DEFERRABLE INITIALLY DEFERRED
  ) WITHOUT ROWID;
  CREATE TABLE generations (
    publication TEXT NOT NULL REFERENCES publications (name) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    number INTEGER NOT NULL,
    digest TEXT NOT NULL,
    published_at INTEGER NOT NULL,
    inputs TEXT NOT NULL,
    parts TEXT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (publication, number)
  ) WITHOUT ROWID;
  CREATE TABLE pinned_keys (
    source TEXT PRIMARY KEY,
    fingerprints TEXT NOT NULL,
    armored TEXT NOT NULL,
    pinned_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE digests (
    algorithm TEXT NOT NULL,
    value TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (algorithm, value)
  ) WITHOUT ROWID;
  `,
  `
  ALTER TABLE packages ADD COLUMN files TEXT;
  CREATE TABLE snapshots (
    name TEXT PRIMARY KEY,
    family TEXT NOT NULL,
    list INTEGER NOT NULL REFERENCES lists (id),
    contents TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    description TEXT NOT NULL,
    sources TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE repos (
    name TEXT PRIMARY KEY,
    family TEXT NOT NULL,
    list INTEGER NOT NULL REFERENCES lists (id),
    contents TEXT NOT NULL,
    changed_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  UPDATE mirrors SET
    upstream = json_set(upstream, '$.supplements', json('[]')),
    contents = json_set(contents, '$.supplements', json('[]'));
  UPDATE generations SET
    parts = (SELECT json_group_array(json_set(value, '$.supplements', json('[]'))) FROM json_each(generations.parts));
  `,
  `
  CREATE TABLE packed_blocks (
    key BLOB PRIMARY KEY,
    sha256 TEXT NOT NULL,
    position INTEGER NOT NULL,
    length INTEGER NOT NULL,
    digest BLOB NOT NULL
  ) WITHOUT ROWID;
  `,
  `
  CREATE TABLE oci_repositories (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
  );
  CREATE TABLE oci_documents (
    id INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    bytes BLOB NOT NULL
  );
  CREATE TABLE oci_manifests (
    repository INTEGER NOT NULL REFERENCES oci_repositories (id),
    digest TEXT NOT NULL,
    document INTEGER NOT NULL REFERENCES oci_documents (id),
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    subject TEXT,
    artifact_type TEXT,
    annotations TEXT,
    stored_at INTEGER NOT NULL,
    PRIMARY KEY (repository, digest)
  ) WITHOUT ROWID;
  CREATE INDEX oci_manifests_by_subject ON oci_manifests (repository, subject, digest) WHERE subject IS NOT NULL;
  CREATE INDEX oci_manifests_by_document ON oci_manifests (document);
  CREATE TABLE oci_tags (
    repository INTEGER NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    tagged_at INTEGER NOT NULL,
    PRIMARY KEY (repository, name),
    FOREIGN KEY (repository, digest) REFERENCES oci_manifests (repository, digest) ON DELETE CASCADE
  ) WITHOUT ROWID;
  CREATE INDEX oci_tags_by_digest ON oci_tags (repository, digest);
  CREATE TABLE oci_blobs (
    repository INTEGER NOT NULL REFERENCES oci_repositories (id),
    digest TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    linked_at INTEGER NOT NULL,
    PRIMARY KEY (repository, digest)
  ) WITHOUT ROWID;
  CREATE INDEX oci_blobs_by_digest ON oci_blobs (digest);
  CREATE INDEX oci_blobs_by_sha256 ON oci_blobs (sha256);
  CREATE TABLE oci_unlinked (
    sha256 TEXT PRIMARY KEY,
    size INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE oci_archives (
    path TEXT PRIMARY KEY,
    identity TEXT NOT NULL,
    outline TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE TRIGGER oci_blobs_unlinked AFTER DELETE ON oci_blobs BEGIN
    INSERT OR IGNORE INTO oci_unlinked (sha256, size) VALUES (old.sha256, old.size);
  END;
  `,
];

/** The schema that this version of the program writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** How many migrations the database has had. Throws STATE_NEWER when it has had more than this version knows. */
export function schemaVersion(database: Database, path: string): number {
  const version = Number(database.pragma('user_version', { simple: true }));
  if (version <= SCHEMA_VERSION) return version;
  throw new MirrorError('STATE_NEWER', `${path} has schema ${version}, this version of mirror knows up to ${SCHEMA_VERSION}`, {
    hint: 'Use the newer version of mirror that wrote it.',
  });
}

/** Brings the database to the schema of this version: each migration in a transaction of its own, safe when several processes start at once. */
export function migrate(database: Database, path: string): void {
  const apply = database.transaction(() => {
    const version = schemaVersion(database, path);
    const statements = MIGRATIONS[version];
    if (statements === undefined) return;
    database.exec(statements);
    database.pragma(`user_version = ${version + 1}`);
  });
  while (schemaVersion(database, path) < SCHEMA_VERSION) apply.immediate();
}
