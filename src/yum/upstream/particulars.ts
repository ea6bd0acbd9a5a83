import { z } from 'zod';
import type { YumMirrorConfig } from '../../config/schema.ts';
import { CHECKSUM_ALGORITHMS } from '../../core/digests.ts';
import { MirrorError } from '../../core/errors.ts';
import type { UpstreamState } from '../../store/catalogue.ts';
import type { UnpackedIndex } from '../candidate.ts';
import type { DocumentType } from '../format/repodata/package-documents.ts';

const index = z.object({
  path: z.string(),
  openSize: z.number().optional(),
  openChecksum: z.object({ algorithm: z.enum(CHECKSUM_ALGORITHMS), value: z.string() }).optional(),
});

const selection = z.object({
  /** Everything that repomd.xml names, to be published as it is. */
  verbatim: z.boolean(),
  installer: z.boolean(),
  /** Weak checksums that were accepted, sorted. */
  weak: z.array(z.string()).readonly(),
});

const schema = z.object({
  /** By the type of the record in repomd.xml. */
  records: z.object({ primary: index, filelists: index.optional(), other: index.optional() }),
  /** What was asked for when the metadata was accepted. */
  selection: selection.optional(),
  /** How many files were left out that the metadata names: they may be there next time. */
  leftOut: z.number().default(0),
});

/** What is remembered of a yum upstream besides what every family remembers. */
export type YumParticulars = z.output<typeof schema>;

export type YumSelection = z.output<typeof selection>;

/** What a mirror asks of its upstream besides packages. */
export function selectionOf({ allowWeak, installer }: YumMirrorConfig, verbatim: boolean): YumSelection {
  return { verbatim, installer, weak: allowWeak.filter((word) => word !== 'dsa').toSorted() };
}

/** The particulars in a stored state. BLOB_CORRUPT when they are not those of a yum upstream. */
export function particularsOf(upstream: UpstreamState): YumParticulars {
  const parsed = schema.safeParse(upstream.particulars);
  if (parsed.success) return parsed.data;
  throw new MirrorError('BLOB_CORRUPT', 'the stored state of a mirror is not that of a yum upstream', { cause: parsed.error });
}

/** A stored index of an upstream, undefined when the upstream has none. BLOB_CORRUPT when the stored state is not that of a yum upstream. */
export function storedIndex(upstream: UpstreamState, type: DocumentType): UnpackedIndex | undefined {
  const record = particularsOf(upstream).records[type];
  if (record === undefined) return undefined;
  const stored = upstream.indexes.find((candidate) => candidate.path === record.path);
  if (stored === undefined) throw new MirrorError('BLOB_CORRUPT', `the stored state of a mirror lacks its index ${record.path}`);
  return { ...stored, openSize: record.openSize, openChecksum: record.openChecksum };
}
