/** The document that everything else in a yum repository is named by, relative to the repository's root. */
export const REPOMD = 'repodata/repomd.xml';
/** Its detached signature, and the key that this was made with. */
export const REPOMD_SIGNATURE = `${REPOMD}.asc`;
export const REPOMD_KEY = `${REPOMD}.key`;

/** What describes an installation tree, in the order in which clients look for it. */
export const TREEINFO_NAMES = ['.treeinfo', 'treeinfo'] as const;
