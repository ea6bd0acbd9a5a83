import { z } from 'zod';
import { MirrorError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import type { Fetcher } from '../fetch/fetcher.ts';

const API = 'https://api.launchpad.net/1.0/';
const archiveSchema = z.object({ signing_key_fingerprint: z.string().nullable() });
const keySchema = z.string();

/** A PPA's key as Launchpad gives it. */
export interface PpaKey {
  /** Upper-case hex. */
  readonly fingerprint: string;
  /** Armored, or whatever Launchpad answered: not read yet. */
  readonly bytes: Buffer;
  /** Where it is from, for messages. */
  readonly source: string;
}

/**
 * Asks Launchpad's API (https://launchpad.net/+apidoc/1.0.html) for the key that signs a PPA. KEY_MISSING when it has none yet, KEY_INVALID when
 * the answer is not what the API promises, FETCH_*.
 * @param ppa `owner/name`.
 */
export async function fetchPpaKey(
  ppa: string,
  { fetcher, signal }: { readonly fetcher: Fetcher; readonly signal?: AbortSignal | undefined },
): Promise<PpaKey> {
  const [owner = '', name = ''] = ppa.split('/').map(encodeURIComponent);
  const archive = `${API}~${owner}/+archive/ubuntu/${name}`;
  const ask = async <T>(url: string, schema: z.ZodType<T>): Promise<T> => {
    const { bytes } = await fetcher.document({ urls: [url], maxSize: LIMITS.keyFile, signal });
    return parsed(bytes, schema, url);
  };
  const { signing_key_fingerprint: stated } = await ask(archive, archiveSchema);
  if (stated === null || stated === '') {
    throw new MirrorError('KEY_MISSING', `Launchpad has no signing key for ppa:${ppa}`, {
      hint: 'A PPA gets its key when the first package is uploaded to it.',
    });
  }
  const source = `${archive}?ws.op=getSigningKeyData`;
  return { fingerprint: stated.toUpperCase(), bytes: Buffer.from(await ask(source, keySchema)), source };
}

function parsed<T>(bytes: Buffer, schema: z.ZodType<T>, url: string): T {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new MirrorError('KEY_INVALID', `${url} did not answer with JSON`, { cause: error });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new MirrorError('KEY_INVALID', `${url} did not answer as Launchpad's API does`, { cause: result.error });
}
