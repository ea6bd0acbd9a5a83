import { z } from 'zod';
import { CHECKSUM_ALGORITHMS } from '../../core/digests.ts';
import { MirrorError } from '../../core/errors.ts';
import type { UpstreamState } from '../../store/catalogue.ts';
import { selectionSchema } from './selection.ts';

const schema = z.object({
  /** What was asked for when the metadata was accepted. */
  selection: selectionSchema,
  /** The components that the stored indexes are of; one empty name for a flat repository. */
  components: z.array(z.string()).readonly(),
  /** From the Release. */
  origin: z.string().optional(),
  label: z.string().optional(),
  suite: z.string().optional(),
  codename: z.string().optional(),
  /** Whose keys the next Release is to be signed with. */
  signedBy: z.array(z.string()).readonly().optional(),
  /** By the path of the stored index. */
  indexes: z.record(
    z.string(),
    z.object({
      kind: z.enum(['packages', 'sources']).default('packages'),
      component: z.string(),
      unpacked: z
        .object({
          size: z.number(),
          checksums: z.array(z.object({ algorithm: z.enum(CHECKSUM_ALGORITHMS), value: z.string() })).readonly(),
        })
        .optional(),
    }),
  ),
});

/** What is remembered of an APT upstream besides what every family remembers. */
export type AptParticulars = z.output<typeof schema>;

/** The particulars in a stored state. Throws BLOB_CORRUPT when they are not those of an APT upstream. */
export function particularsOf(name: string, upstream: UpstreamState): AptParticulars {
  const parsed = schema.safeParse(upstream.particulars);
  if (parsed.success) return parsed.data;
  throw new MirrorError('BLOB_CORRUPT', `the stored state of mirror ${name} is not that of an APT upstream`, { cause: parsed.error });
}
