import { MirrorError } from '../core/errors.ts';
import type { Contents, PackageList } from './catalogue.ts';

/** Packages as a row has them: the list's id, and the rest as JSON. */
export interface ContentsColumns {
  readonly list: number;
  readonly contents: string;
}

/** What a row holds of packages. */
export function contentsColumns(contents: Contents): ContentsColumns {
  const { list, ...rest } = contents;
  return { list: list.id, contents: JSON.stringify(rest) };
}

/** The list that a row names. Throws BLOB_CORRUPT when it is not there. */
export function requiredList(list: (id: number) => PackageList | undefined, id: number, what: string): PackageList {
  const found = list(id);
  if (found !== undefined) return found;
  throw new MirrorError('BLOB_CORRUPT', `${what} are not in the state database`, { hint: 'Restore state.db from a backup.' });
}
