import { hash } from 'node:crypto';
import type { YumMirrorConfig } from '../../config/schema.ts';
import { counted } from '../../core/counts.ts';
import { type Expected, hasChecksum, strongest } from '../../core/digests.ts';
import { isMirrorError, MirrorError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { UpstreamContext } from '../../family/family.ts';
import type { FetchedDocument } from '../../fetch/fetcher.ts';
import { joinUrl } from '../../fetch/join-url.ts';
import { shownUrl } from '../../fetch/place.ts';
import type { Acquirer } from '../../store/acquire.ts';
import { REPOMD } from '../format/repository/repository-paths.ts';
import { metalinkUrl } from './bases.ts';

/** A repomd.xml that the metalink allows, where there is one; its signature was not looked at. */
export interface FetchedRepomd {
  readonly bytes: Buffer;
  /** SHA-256 of it. */
  readonly revision: string;
  readonly url: string;
}

/** Servers that are asked for a repomd.xml that the metalink allows. */
const MOST_ASKED = 10;

/**
 * Fetches repomd.xml. With a metalink it must be what that says, and the newest of what it allows goes before: servers that are behind
 * are passed over. Errors besides those of fetching: METADATA_INVALID, CHECKSUM_MISMATCH.
 * @param behind bases that are not asked.
 */
export async function fetchRepomd(context: UpstreamContext<YumMirrorConfig>, behind: readonly string[]): Promise<FetchedRepomd> {
  const { acquirer, config, name } = context;
  const bases = acquirer.origin.bases.filter((base) => !behind.includes(base));
  const document = await acquirer.document(REPOMD, LIMITS.signedDocument, bases);
  const list = metalinkUrl(name, config);
  if (list === undefined) return fetched(document);
  // After repomd.xml, so that it is not the older one where both are being replaced.
  const { bytes } = await acquirer.document('', LIMITS.serverList, [list]);
  const { parseMetalink } = await import('../format/repository/metalink.ts');
  const { accepted } = parseMetalink(bytes, shownUrl(list));
  return fetched(await bestAccepted(context, { document, accepted, bases }));
}

function fetched({ bytes, url }: FetchedDocument): FetchedRepomd {
  return { bytes, url, revision: hash('sha256', bytes) };
}

interface Choice {
  /** Of the first server that answered. */
  readonly document: FetchedDocument;
  /** What it may be, newest first. */
  readonly accepted: readonly Expected[];
  readonly bases: readonly string[];
}

async function bestAccepted(
  { acquirer, config, name }: UpstreamContext<YumMirrorConfig>,
  { accepted, bases, document }: Choice,
): Promise<FetchedDocument> {
  const rankOf = ({ bytes }: FetchedDocument): number => {
    const rank = accepted.findIndex((expected) => fulfils(bytes, expected));
    return rank === -1 ? accepted.length : rank;
  };
  let best = { document, rank: rankOf(document) };
  const others = bases.filter((base) => joinUrl(base, REPOMD) !== document.url);
  for (const base of others.slice(0, MOST_ASKED - 1)) {
    if (best.rank === 0) break;
    const other = await documentOf(acquirer, base);
    if (other !== undefined && rankOf(other) < best.rank) best = { document: other, rank: rankOf(other) };
  }
  if (best.rank < accepted.length) return best.document;
  const asked = Math.min(others.length + 1, MOST_ASKED);
  throw new MirrorError(
    'CHECKSUM_MISMATCH',
    `mirror "${name}": no repomd.xml of ${counted(asked, 'server')} is one that the metalink ${shownUrl(config.metalink ?? '')} allows`,
    { hint: 'The servers or the list may be behind; try again later.' },
  );
}

/** Undefined where that server has none to give. */
async function documentOf(acquirer: Acquirer, base: string): Promise<FetchedDocument | undefined> {
  try {
    return await acquirer.document(REPOMD, LIMITS.signedDocument, [base]);
  } catch (error) {
    if (isMirrorError(error) && error.code.startsWith('FETCH_')) return undefined;
    throw error;
  }
}

/** By the strongest checksum that is stated. */
function fulfils(bytes: Buffer, { size, checksums }: Expected): boolean {
  if (size !== undefined && size !== bytes.length) return false;
  const best = strongest(checksums);
  return best !== undefined && hasChecksum(bytes, best);
}
