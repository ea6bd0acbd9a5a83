import type { Repomd, RepomdRecord } from '../format/repodata/repomd.ts';

/** Records that are made of the packages: those of old metadata are never kept. */
const OF_PACKAGES = /^(?:primary|filelists|other)(?:_db|_zck)?$|^filelists-ext(?:_zck)?$|^(?:prestodelta|deltainfo)(?:_zck)?$/;

/** Records of old metadata that are not made of its packages, and of whose types there are no new ones. */
export function remainingRecords(old: Repomd | undefined, newTypes: Iterable<string>): RepomdRecord[] {
  const replaced = new Set([...newTypes].map(kindOf));
  return (old?.records ?? []).filter(({ type }) => !OF_PACKAGES.test(type) && !replaced.has(kindOf(type)));
}

/** `group` for every form of groups. */
function kindOf(type: string): string {
  return type.replace(/^group_\w+$/, 'group');
}
