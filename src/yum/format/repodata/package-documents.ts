/** The documents that list packages, by their types in repomd.xml, in the order in which triples of them stand. */
export const DOCUMENTS = ['primary', 'filelists', 'other'] as const;
export type DocumentType = (typeof DOCUMENTS)[number];

/** The name of a document's root element. */
export type DocumentRoot = 'metadata' | 'filelists' | 'filelists-ext' | 'otherdata';

export const DOCUMENT_ROOTS = { primary: 'metadata', filelists: 'filelists', other: 'otherdata' } as const satisfies Record<
  DocumentType,
  DocumentRoot
>;

/** One of something for each document. */
export type PerDocument<T> = readonly [primary: T, filelists: T, other: T];

/** What `make` gives for each document, by its place. */
export function perDocument<T>(make: (index: 0 | 1 | 2) => T): PerDocument<T> {
  return [make(0), make(1), make(2)];
}
