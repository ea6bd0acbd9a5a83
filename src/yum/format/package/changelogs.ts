import { headerText } from './header-text.ts';
import type { RpmHeader } from './rpm-header.ts';
import type { RpmChangelog } from './rpm-package.ts';

const TAG = { times: 1080, names: 1081, texts: 1082 } as const;

/** The changelog of a package as its header has it, newest first. */
export function headerChangelogs(header: RpmHeader): readonly RpmChangelog[] {
  const dates = header.numbers(TAG.times);
  if (dates.length === 0) return [];
  const names = header.byteStrings(TAG.names);
  const texts = header.byteStrings(TAG.texts);
  const changelogs: RpmChangelog[] = [];
  for (const [index, date] of dates.entries()) {
    const [name, text] = [names[index], texts[index]];
    if (name === undefined || text === undefined) break;
    changelogs.push({ author: headerText(withoutTrailingSpaces(name)), date, text: headerText(text) });
  }
  return changelogs;
}

/** The first character stays, whatever it is. */
function withoutTrailingSpaces(name: string): string {
  let end = name.length;
  while (end > 1 && name.charCodeAt(end - 1) === 0x20) end--;
  return end === name.length ? name : name.slice(0, end);
}

/**
 * The latest entries of a changelog as other has them: oldest first, and where several are of one date, each a second later than the one
 * before it, because clients order them by date.
 * @param newestFirst as a header has them.
 * @param limit how many at most; undefined for all.
 */
export function changelogEntries(newestFirst: readonly RpmChangelog[], limit: number | undefined): readonly RpmChangelog[] {
  const entries: RpmChangelog[] = [];
  let before = Number.NEGATIVE_INFINITY;
  let beforeStated = before;
  for (let index = Math.min(newestFirst.length, limit ?? newestFirst.length) - 1; index >= 0; index--) {
    const entry = newestFirst[index];
    if (entry === undefined) continue;
    // Dates that do not ascend in the header are not made to.
    const date = entry.date < beforeStated ? entry.date : Math.max(entry.date, before + 1);
    entries.push(date === entry.date ? entry : { ...entry, date });
    before = date;
    beforeStated = entry.date;
  }
  return entries;
}
