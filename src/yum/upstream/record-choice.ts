import { MirrorError } from '../../core/errors.ts';
import { DOCUMENTS, type DocumentType } from '../format/repodata/package-documents.ts';
import type { RepomdRecord } from '../format/repodata/repomd.ts';

/** The comps file, under the names that it has had; the first that is there is taken, and the others are the same file. */
const GROUP_TYPES = ['group', 'group_xz', 'group_zst', 'group_gz', 'group_bz2'];
/** Without the modules clients would see the packages of all streams at once, and fail to install those of any. */
const NEEDED_TYPES: ReadonlySet<string> = new Set(['modules']);
/** Forms of other records: databases of them, and zchunk. */
const VARIANT = /_(?:db|zck)$/;

/** Metadata besides the packages that is kept. */
export interface DataChoice {
  /** The kind of the supplement without its `data/`. */
  readonly type: string;
  /** Records of the same content, best first. */
  readonly records: readonly RepomdRecord[];
  /** Whether the repository is of no use without it. */
  readonly needed: boolean;
}

export interface RecordChoice {
  readonly indexes: ReadonlyMap<DocumentType, RepomdRecord>;
  readonly data: readonly DataChoice[];
  /** Types that cannot be read: they are there as zchunk only. */
  readonly unreadable: readonly string[];
}

/**
 * What of a repository is read and kept: of a type that is there twice the first, as clients take it, of one that is there as zchunk, too, the plain
 * one, and no databases. METADATA_INCOMPLETE when there is no primary, or what clients cannot do without is there as zchunk only.
 * @param what names repomd.xml in errors.
 */
export function chooseRecords(records: readonly RepomdRecord[], what: string): RecordChoice {
  const byType = new Map<string, RepomdRecord>();
  for (const record of records) if (!byType.has(record.type)) byType.set(record.type, record);
  const readable = (type: string): RepomdRecord | undefined => {
    const record = byType.get(type);
    return record === undefined || isZchunk(record) ? undefined : record;
  };
  const indexes = new Map<DocumentType, RepomdRecord>();
  for (const type of DOCUMENTS) {
    const record = readable(type);
    if (record !== undefined) indexes.set(type, record);
  }
  const unreadable = [...new Set([...byType.values()].filter(isZchunk).map(({ type }) => plainType(type)))].filter(
    (type) => readable(type) === undefined && !(type === 'group' && GROUP_TYPES.some(readable)),
  );
  for (const type of ['primary', ...NEEDED_TYPES]) if (unreadable.includes(type)) throw onlyZchunk(type, what);
  if (!indexes.has('primary')) throw new MirrorError('METADATA_INCOMPLETE', `${what} names no primary, the list of packages`);
  return { indexes, data: dataOf([...byType.keys()], readable), unreadable };
}

function dataOf(types: readonly string[], readable: (type: string) => RepomdRecord | undefined): DataChoice[] {
  const choices: DataChoice[] = [];
  const groups = GROUP_TYPES.map(readable).filter((record) => record !== undefined);
  if (groups.length > 0) choices.push({ type: 'group', records: groups, needed: false });
  const indexTypes: readonly string[] = DOCUMENTS;
  for (const type of types) {
    const record = readable(type);
    if (record === undefined || indexTypes.includes(type) || GROUP_TYPES.includes(type) || VARIANT.test(type)) continue;
    choices.push({ type, records: [record], needed: NEEDED_TYPES.has(type) });
  }
  return choices;
}

/** By its type, or by its name: a repository may be compressed with zchunk throughout. */
function isZchunk({ path, type }: RepomdRecord): boolean {
  return type.endsWith('_zck') || path.endsWith('.zck');
}

function plainType(type: string): string {
  const plain = type.replace(/_zck$/, '');
  return GROUP_TYPES.includes(plain) ? 'group' : plain;
}

function onlyZchunk(type: string, what: string): MirrorError {
  return new MirrorError('METADATA_INCOMPLETE', `${what} has its ${type} as zchunk only, which is not read`, {
    hint: 'Repositories with zchunk nearly always have gz, xz or zst files beside it; use a server that has them, or ask who publishes it.',
  });
}
