import { z } from 'zod';
import { CHECKSUM_ALGORITHMS } from '../../core/digests.ts';
import { MirrorError } from '../../core/errors.ts';
import type { UpstreamState } from '../../store/catalogue.ts';
import type { UnpackedIndex } from '../candidate.ts';

const index = z.object({
  path: z.string(),
  openSize: z.number().optional(),
  openChecksum: z.object({ algorithm: z.enum(CHECKSUM_ALGORITHMS), value: z.string() }).optional(),
});

const schema = z.object({
  /** By the type of the record in repomd.xml. */
  records: z.object({ primary: index, filelists: index.optional(), other: index.optional() }),
});

/** What is remembered of a yum upstream besides what every family remembers. */
export type YumParticulars = z.output<typeof schema>;

/** The records of repomd.xml that are kept. */
export const INDEX_TYPES = ['primary', 'filelists', 'other'] as const;
export type IndexType = (typeof INDEX_TYPES)[number];

/** A stored index of an upstream, undefined when the upstream has none. BLOB_CORRUPT when the stored state is not that of a yum upstream. */
export function storedIndex(upstream: UpstreamState, type: IndexType): UnpackedIndex | undefined {
  const parsed = schema.safeParse(upstream.particulars);
  if (!parsed.success)
    throw new MirrorError('BLOB_CORRUPT', 'the stored state of a mirror is not that of a yum upstream', { cause: parsed.error });
  const record = parsed.data.records[type];
  if (record === undefined) return undefined;
  const stored = upstream.indexes.find((candidate) => candidate.path === record.path);
  if (stored === undefined) throw new MirrorError('BLOB_CORRUPT', `the stored state of a mirror lacks its index ${record.path}`);
  return { ...stored, openSize: record.openSize, openChecksum: record.openChecksum };
}
