import type { Directory } from './directories.ts';
import { escapeHtml, formatSize, formatTime, htmlPage } from './html.ts';
import { escapeSegment } from './request-path.ts';

/** Rows on one page of a directory: a flat yum repository has tens of thousands of files in one. */
const PAGE_ROWS = 5000;

interface Row {
  readonly name: string;
  readonly type: 'directory' | 'file';
  /** Last-Modified in seconds since 1970; of a directory, the newest of what is below it. */
  readonly modified: number;
  readonly size?: number;
  readonly sha256?: string;
}

/** A directory as JSON: every entry, directories first, each sorted by name; sizes in bytes, times in ISO 8601. */
export function directoryJson(path: string, directory: Directory): string {
  const entries = rowsOf(directory).map(({ modified, ...row }) => ({ ...row, modified: new Date(modified * 1000).toISOString() }));
  return `${JSON.stringify({ path: withSlash(path), entries })}\n`;
}

/** A directory as a page. @param page counts from 1; numbers beyond the last show the last. */
export function directoryPage(path: string, directory: Directory, page: number): string {
  const rows = rowsOf(directory);
  const pages = Math.max(1, Math.ceil(rows.length / PAGE_ROWS));
  const shown = Math.min(Math.max(1, page), pages);
  const visible = rows.slice((shown - 1) * PAGE_ROWS, shown * PAGE_ROWS);
  const parent = path === '/' ? '' : '<tr><td><a href="../">../</a></td><td></td><td></td></tr>\n';
  const body = `<h1>${breadcrumbs(path)}</h1>
${pageLinks(shown, pages)}<table class="files">
<thead><tr><th>Name</th><th class="number">Size</th><th class="date">Modified (UTC)</th></tr></thead>
<tbody>
${parent}${visible.map(tableRow).join('\n')}
</tbody>
</table>
${pageLinks(shown, pages)}<footer>${rows.length === 1 ? '1 entry' : `${rows.length} entries`} · <a href="?format=json">JSON</a></footer>`;
  return htmlPage(`Index of ${withSlash(path)}`, body);
}

function rowsOf({ directories, files }: Directory): Row[] {
  const byName = (a: Row, b: Row): number => (a.name < b.name ? -1 : Number(a.name > b.name));
  const first = [...directories].map(([name, modified]): Row => ({ name, type: 'directory', modified }));
  const then = files.map(({ path, blob, modified }): Row => {
    return { name: path.slice(path.lastIndexOf('/') + 1), type: 'file', modified, size: blob.size, sha256: blob.sha256 };
  });
  return [...first.sort(byName), ...then.sort(byName)];
}

function tableRow({ name, type, modified, size }: Row): string {
  const slash = type === 'directory' ? '/' : '';
  const link = `<a href="${escapeHtml(escapeSegment(name) + slash)}">${escapeHtml(name + slash)}</a>`;
  const shown = size === undefined ? '' : `<span title="${size} bytes">${formatSize(size)}</span>`;
  return `<tr><td>${link}</td><td class="number">${shown}</td><td class="date">${formatTime(modified)}</td></tr>`;
}

function breadcrumbs(path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '');
  const up = (levels: number): string => (levels === 0 ? './' : '../'.repeat(levels));
  const links = segments.map((segment, index) => `<a href="${up(segments.length - 1 - index)}">${escapeHtml(segment)}</a>/`);
  return `<a href="${up(segments.length)}">/</a>${links.join('')}`;
}

function pageLinks(shown: number, pages: number): string {
  if (pages === 1) return '';
  const links = Array.from({ length: pages }, (_, index) => index + 1).map((number) =>
    number === shown ? `<strong>${number}</strong>` : `<a href="?page=${number}">${number}</a>`,
  );
  return `<nav class="pages">${links.join('')}</nav>\n`;
}

function withSlash(path: string): string {
  return path === '/' ? path : `${path}/`;
}
