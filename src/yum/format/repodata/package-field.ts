import { END_OF_INPUT, START_TAG, TEXT, type XmlScanner } from '../xml/xml-scanner.ts';
import { decodeXml } from '../xml/xml-text.ts';

/** A text of an element of primary, by the name of its own element. */
export type PackageField = 'summary' | 'description' | 'packager' | 'url' | 'license' | 'vendor' | 'group' | 'buildhost' | 'sourcerpm';

/** The text of a field, undefined when it is missing or empty. */
export function readPackageField(scanner: XmlScanner, element: Buffer, field: PackageField): string | undefined {
  const name = Buffer.from(field);
  scanner.reset(element, 0, element.length, 'a stored package element');
  let wanted = false;
  for (let token = scanner.next(); token !== END_OF_INPUT; token = scanner.next()) {
    if (token === START_TAG) {
      const level = scanner.empty ? scanner.depth : scanner.depth - 1;
      wanted = (level === 1 || level === 2) && !scanner.empty && scanner.isNamed(name);
    } else if (token === TEXT && wanted) {
      return decodeXml(element, scanner.textStart, scanner.textEnd).trim();
    } else wanted = false;
  }
  return undefined;
}
