import { createHash } from 'node:crypto';

/** Text made safe inside an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const STYLE = `
:root { color-scheme: light dark; --text: #1c2733; --soft: #5d6b7a; --line: #e1e6eb; --page: #fff; --raised: #f6f8fa; --link: #0b5cad; --good: #17713c; --bad: #a8380b; }
@media (prefers-color-scheme: dark) {
  :root { --text: #dfe5ec; --soft: #94a1b0; --line: #2b333d; --page: #13181e; --raised: #1b222a; --link: #79b8ff; --good: #5fce8a; --bad: #ff9d6b; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 64rem; padding: 1.5rem 1rem 3rem; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.25rem; font-weight: 600; margin: 0 0 1rem; overflow-wrap: anywhere; }
a { color: var(--link); text-decoration: none; }
a:hover, a:focus-visible { text-decoration: underline; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 500; font-size: .85rem; color: var(--soft); border-bottom: 1px solid var(--line); }
th, td { padding: .35rem .75rem .35rem 0; vertical-align: top; }
td { border-bottom: 1px solid var(--line); }
td:first-child { overflow-wrap: anywhere; }
.number { text-align: right; white-space: nowrap; }
.date { white-space: nowrap; color: var(--soft); }
.pages { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1rem 0; }
article { background: var(--raised); border: 1px solid var(--line); border-radius: .5rem; padding: 1rem 1.25rem; margin: 0 0 1rem; }
article h2 { font-size: 1.1rem; margin: 0 0 .25rem; }
article p { margin: .25rem 0; color: var(--soft); overflow-wrap: anywhere; }
code { font: .9em ui-monospace, monospace; color: var(--text); }
.good { color: var(--good); } .bad { color: var(--bad); font-weight: 600; }
footer { margin-top: 1.5rem; font-size: .85rem; color: var(--soft); }
@media (max-width: 40rem) { table.files .date, table.files th:last-child { display: none; } td, th { padding-right: .5rem; } }
`;

/** Nothing runs, nothing is loaded, nothing frames the pages; only the style above applies. */
export const CONTENT_SECURITY_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** A whole page. @param title as text; @param body as HTML in which everything that is not from here is escaped already. */
export function htmlPage(title: string, body: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Bytes for a person: three digits or so, in powers of 1024. */
export function formatSize(bytes: number): string {
  const power = bytes < 1024 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
}

/** A time in seconds since 1970 for a person, in UTC to the minute. */
export function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ');
}
