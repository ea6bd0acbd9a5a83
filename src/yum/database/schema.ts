import type { DocumentType } from '../format/repodata/package-documents.ts';

/** Of the layout of the databases, as clients check it. */
export const DATABASE_VERSION = 10;

/** The relations that have a table of their own, in the order of createrepo_c. */
export const RELATION_TABLES = [
  'requires',
  'provides',
  'conflicts',
  'obsoletes',
  'suggests',
  'enhances',
  'recommends',
  'supplements',
] as const;

const INFORMATION = 'CREATE TABLE db_info (dbversion INTEGER, checksum TEXT);';

function relationTable(name: string): string {
  const pre = name === 'requires' ? ', pre BOOLEAN DEFAULT FALSE' : '';
  return `CREATE TABLE ${name} (name TEXT, flags TEXT, epoch TEXT, version TEXT, release TEXT, pkgKey INTEGER${pre});`;
}

/** Tables and triggers of a database, and the indexes, which are made when the rows are there. */
export interface Schema {
  readonly tables: string;
  readonly indexes: string;
}

/** The databases that the yum of EL 5 to 7 reads (version 10 of the layout). */
export const SCHEMAS = {
  primary: {
    tables: [
      INFORMATION,
      `CREATE TABLE packages (pkgKey INTEGER PRIMARY KEY, pkgId TEXT, name TEXT, arch TEXT, version TEXT, epoch TEXT, release TEXT, summary TEXT,
       description TEXT, url TEXT, time_file INTEGER, time_build INTEGER, rpm_license TEXT, rpm_vendor TEXT, rpm_group TEXT, rpm_buildhost TEXT,
       rpm_sourcerpm TEXT, rpm_header_start INTEGER, rpm_header_end INTEGER, rpm_packager TEXT, size_package INTEGER, size_installed INTEGER,
       size_archive INTEGER, location_href TEXT, location_base TEXT, checksum_type TEXT);`,
      'CREATE TABLE files (name TEXT, type TEXT, pkgKey INTEGER);',
      ...RELATION_TABLES.map(relationTable),
      `CREATE TRIGGER removals AFTER DELETE ON packages BEGIN ${['files', ...RELATION_TABLES]
        .map((table) => `DELETE FROM ${table} WHERE pkgKey = old.pkgKey;`)
        .join(' ')} END;`,
    ].join('\n'),
    indexes: [
      'CREATE INDEX packagename ON packages (name);',
      'CREATE INDEX packageId ON packages (pkgId);',
      'CREATE INDEX filenames ON files (name);',
      'CREATE INDEX pkgfiles ON files (pkgKey);',
      ...RELATION_TABLES.map((table) => `CREATE INDEX pkg${table} ON ${table} (pkgKey);`),
      'CREATE INDEX requiresname ON requires (name);',
      'CREATE INDEX providesname ON provides (name);',
    ].join('\n'),
  },
  filelists: {
    tables: `${INFORMATION}
      CREATE TABLE packages (pkgKey INTEGER PRIMARY KEY, pkgId TEXT);
      CREATE TABLE filelist (pkgKey INTEGER, dirname TEXT, filenames TEXT, filetypes TEXT);
      CREATE TRIGGER remove_filelist AFTER DELETE ON packages BEGIN DELETE FROM filelist WHERE pkgKey = old.pkgKey; END;`,
    indexes: `CREATE INDEX keyfile ON filelist (pkgKey);
      CREATE INDEX pkgId ON packages (pkgId);
      CREATE INDEX dirnames ON filelist (dirname);`,
  },
  other: {
    tables: `${INFORMATION}
      CREATE TABLE packages (pkgKey INTEGER PRIMARY KEY, pkgId TEXT);
      CREATE TABLE changelog (pkgKey INTEGER, author TEXT, date INTEGER, changelog TEXT);
      CREATE TRIGGER remove_changelogs AFTER DELETE ON packages BEGIN DELETE FROM changelog WHERE pkgKey = old.pkgKey; END;`,
    indexes: `CREATE INDEX keychange ON changelog (pkgKey);
      CREATE INDEX pkgId ON packages (pkgId);`,
  },
} as const satisfies Record<DocumentType, Schema>;
