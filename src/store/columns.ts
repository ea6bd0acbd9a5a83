import * as z from 'zod';
import { MirrorError } from '../core/errors.ts';

const checked = { metadata: z.boolean(), packages: z.boolean(), weak: z.array(z.string()).optional() };

export const familyColumn = z.enum(['apt', 'yum']);
export const stringsColumn = z.array(z.string());
export const annotationsColumn = z.record(z.string(), z.string());
export const publicKeysColumn = z.array(z.object({ fingerprint: z.string(), armored: z.string() }));
const unsatisfiedColumn = z.array(z.object({ requirement: z.string(), chain: stringsColumn }));
const storedIndex = { path: z.string(), sha256: z.string(), size: z.int().nonnegative() };
const supplements = z.array(z.object({ ...storedIndex, kind: z.string(), mirror: z.string(), component: z.string().optional() }));
export const partsColumn = z.array(z.object({ component: z.string(), list: z.int(), supplements }));
export const filesColumn = z.array(z.object({ name: z.string(), sha256: z.string(), size: z.int().nonnegative() }));

export const upstreamColumn = z.object({
  revision: z.string(),
  date: z.number(),
  validUntil: z.number().optional(),
  indexes: z.array(z.object(storedIndex)),
  supplements,
  verification: z.object({ ...checked, signedBy: z.string().optional() }),
  particulars: z.record(z.string(), z.unknown()),
});

/** What is known of packages, but for the list itself. */
export const contentsColumn = z.object({
  supplements,
  checked: z.object(checked),
  keys: publicKeysColumn,
});

/** The same of a mirror's packages. */
export const mirrorContentsColumn = contentsColumn.extend({
  selection: z.string(),
  unsatisfied: unsatisfiedColumn,
  syncedAt: z.number(),
});

export const referencesColumn = z.array(z.object({ kind: z.enum(['mirror', 'repo', 'snapshot', 'publication']), name: z.string() }));

/** What a generation says of its publication, but for what has columns of its own. */
export const publicationColumn = z.object({
  family: familyColumn,
  path: z.string(),
  distribution: z.string().optional(),
  release: z
    .object({ origin: z.string().optional(), label: z.string().optional(), suite: z.string().optional(), codename: z.string().optional() })
    .optional(),
  components: stringsColumn,
  architectures: stringsColumn,
  from: stringsColumn,
  verified: z.boolean(),
  packagesSigned: z.boolean(),
  signedBy: z.string().optional(),
  publicKey: z.string().optional(),
  packageKeys: publicKeysColumn,
  packages: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
});

/**
 * The value of a column that holds JSON. Throws BLOB_CORRUPT when it is not of the shape.
 * @param what names the row for the message: "the upstream of the mirror docker".
 */
export function readColumn<T>(shape: z.ZodType<T>, text: string, what: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged(what, 'it is not JSON', cause);
  }
  return readValue(shape, value, what);
}

/** As `readColumn`, for a column that holds a plain value. */
export function readValue<T>(shape: z.ZodType<T>, value: unknown, what: string): T {
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw damaged(what, issue === undefined ? 'it has another shape' : `${issue.path.join('.')}: ${issue.message}`, result.error);
}

function damaged(what: string, why: string, cause: unknown): MirrorError {
  return new MirrorError('BLOB_CORRUPT', `${what} in the state database is damaged: ${why}`, {
    hint: 'Restore state.db from a backup, or remove it and sync again.',
    cause,
  });
}
