import type { XmlScanner } from '../xml/xml-scanner.ts';
import { decodeXml } from '../xml/xml-text.ts';
import type { DocumentRoot } from './package-documents.ts';

/** The namespace of a document's own elements. */
export const DOCUMENT_NAMESPACES: Readonly<Record<DocumentRoot, string>> = {
  metadata: 'http://linux.duke.edu/metadata/common',
  filelists: 'http://linux.duke.edu/metadata/filelists',
  'filelists-ext': 'http://linux.duke.edu/metadata/filelists-ext',
  otherdata: 'http://linux.duke.edu/metadata/other',
};

/** The namespace of what is particular to RPM; its usual prefix is `rpm`. */
export const RPM_NAMESPACE = 'http://linux.duke.edu/metadata/rpm';

/** What a document's root element declares. */
export interface Namespaces {
  /** URIs by prefix; the default one under the empty prefix. */
  readonly prefixes: ReadonlyMap<string, string>;
  /** Of the document's own elements. */
  readonly own: string;
  /** Whether unprefixed names are the document's own and `rpm:` is RPM's, as in nearly all repositories: then elements need no change. */
  readonly usual: boolean;
}

/** The namespaces that the start tag just read declares. A document that declares none is taken as the usual one. */
export function namespacesOf(scanner: XmlScanner, root: DocumentRoot): Namespaces {
  const own = DOCUMENT_NAMESPACES[root];
  const prefixes = new Map(declarations(scanner));
  const main = prefixes.get('') ?? '';
  return {
    prefixes,
    own,
    usual: (main === own || (main === '' && prefixes.size === 0)) && (prefixes.get('rpm') ?? RPM_NAMESPACE) === RPM_NAMESPACE,
  };
}

/** Prefix and URI of each declaration in the start tag just read. */
export function declarations(scanner: XmlScanner): [prefix: string, uri: string][] {
  const found: [string, string][] = [];
  for (let index = 0; index < scanner.attributeCount; index++) {
    const name = scanner.attributeName(index);
    if (name !== 'xmlns' && !name.startsWith('xmlns:')) continue;
    found.push([name.slice('xmlns:'.length), decodeXml(scanner.bytes, scanner.valueStart(index), scanner.valueEnd(index))]);
  }
  return found;
}

/** Those of an element of primary that is stored: it has been rewritten to the usual ones. */
export const USUAL_NAMESPACES: Namespaces = { prefixes: new Map(), own: DOCUMENT_NAMESPACES.metadata, usual: true };
