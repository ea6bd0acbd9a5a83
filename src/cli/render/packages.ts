import type { FoundPackage } from '../../ops/query.ts';
import type { OutputFormat } from '../../query/output-format.ts';

/** How long a piece of text is at least, in characters: short enough to be written without a copy. */
const PIECE = 4096;

/** How packages are printed: their names, all that is known of each, or by a format. */
export type PackageForm = 'label' | 'full' | OutputFormat;

/** The text of some packages in pieces. */
export function* packageText(packages: Iterable<FoundPackage>, form: PackageForm): Generator<string> {
  let piece = '';
  for (const entry of packages) {
    piece += visible(textOf(entry, form));
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

/** The same for --json in pieces: a list of objects, with the fields that a format asks for. */
export function* packageJson(packages: Iterable<FoundPackage>, form: PackageForm): Generator<string> {
  let piece = '[';
  let separator = '\n  ';
  for (const entry of packages) {
    piece += `${separator}${JSON.stringify(packageValue(entry, form), null, 2).replaceAll('\n', '\n  ')}`;
    separator = ',\n  ';
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  yield `${piece}${separator.startsWith(',') ? '\n' : ''}]\n`;
}

function packageValue(entry: FoundPackage, form: PackageForm): Record<string, unknown> {
  const { name, version, architecture, size, sha256, location } = entry;
  const value = { name, version, architecture, size, sha256, location };
  if (form === 'label') return value;
  if (form === 'full') return { ...value, metadata: entry.describe() };
  return { ...value, ...Object.fromEntries(form.fields.map((field) => [field.name, entry.field(field)])) };
}

function textOf(entry: FoundPackage, form: PackageForm): string {
  if (form === 'label') return `${entry.label}\n`;
  if (form === 'full') return `${entry.describe()}\n`;
  return form.render((field) => entry.field(field));
}

/** Without the control characters with which an upstream could change what a terminal shows. */
function visible(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, '\u{fffd}');
}
