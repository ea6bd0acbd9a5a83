import type { FormatField } from './output-format.ts';
import type { QuerySubject } from './subject.ts';

/**
 * The value of a field that a format asks for, empty where the package has none. Besides the fields that queries know there are
 * `ShortKey` (aptly's: `Pamd64 nginx 1.2`), and what dpkg-query calls `binary:Package`, `source:Package`, `source:Version` and
 * `binary:Summary`. `%{version}` is the version without epoch and release where the family tells them apart.
 */
export function readField(subject: QuerySubject, { name, tag }: FormatField): string {
  const lower = name.toLowerCase();
  if (tag && lower === 'version') return subject.field('rpm:version') ?? subject.version;
  switch (lower) {
    case 'name':
    case 'package':
    case 'binary:package':
      return subject.name;
    case 'version':
    case '$version':
    case 'evr':
      return subject.version;
    case '$architecture':
      return subject.architecture;
    case 'architecture':
    case 'arch':
      return subject.field('Architecture') ?? subject.architecture;
    case 'source:package':
      return subject.field('$Source') || subject.name;
    case 'source:version':
      return subject.field('$SourceVersion') || subject.version;
    case 'summary':
    case 'binary:summary':
      return subject.field('Summary') ?? (subject.field('Description') ?? '').split('\n', 1)[0] ?? '';
    case 'shortkey':
      return `P${subject.architecture} ${subject.name} ${subject.version}`;
    case '$source':
      return subject.field('$Source') ?? '';
    case '$sourceversion':
      return subject.field('$SourceVersion') ?? '';
    case '$packagetype':
      return subject.field('$PackageType') ?? '';
    default:
      return subject.field(name) ?? '';
  }
}
