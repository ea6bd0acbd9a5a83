import { DOCUMENT_NAMESPACES, RPM_NAMESPACE } from './namespaces.ts';
import type { DocumentRoot } from './package-documents.ts';

/** What stands before the elements of primary, filelists or other, of which there are so many. */
export function documentHead(root: DocumentRoot, count: number): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${DOCUMENT_NAMESPACES[root]}" xmlns:rpm="${RPM_NAMESPACE}" packages="${count}">\n`;
}

/** What stands after the elements, each of which ends with a line break. */
export function documentFoot(root: DocumentRoot): string {
  return `</${root}>\n`;
}
