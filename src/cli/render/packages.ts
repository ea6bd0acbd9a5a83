import type { FoundPackage } from '../../ops/query.ts';
import type { OutputFormat } from '../../query/output-format.ts';

/** So many packages are printed at once, which bounds the memory that the text takes. */
const AT_ONCE = 256;

/** How packages are printed: their names, all that is known of each, or by a format. */
export type PackageForm = 'label' | 'full' | OutputFormat;

/** The text of some packages in pieces. */
export function* packageText(packages: readonly FoundPackage[], form: PackageForm): Generator<string> {
  for (const some of chunks(packages)) yield some.map((entry) => visible(textOf(entry, form))).join('');
}

/** The same for --json in pieces: a list of objects, with the fields that a format asks for. */
export function* packageJson(packages: readonly FoundPackage[], form: PackageForm): Generator<string> {
  let before = '[';
  for (const some of chunks(packages)) {
    const objects = some.map((entry) => JSON.stringify(packageValue(entry, form), null, 2).replaceAll('\n', '\n  '));
    yield `${before}\n  ${objects.join(',\n  ')}`;
    before = ',';
  }
  yield packages.length === 0 ? '[]\n' : '\n]\n';
}

function* chunks<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += AT_ONCE) yield items.slice(start, start + AT_ONCE);
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
