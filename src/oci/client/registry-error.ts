import { z } from 'zod';
import { isMirrorError, MirrorError } from '../../core/errors.ts';
import { bodyOf } from '../../fetch/answer-body.ts';
import type { Answer } from '../../fetch/transport.ts';

/** Of a body that is not content. */
const MAX_BODY = 1024 * 1024;
const SHOWN = 500;

const errorsSchema = z.looseObject({
  errors: z.array(z.looseObject({ code: z.string().optional(), message: z.string().optional() })).optional(),
});

/** A small body, whole. FETCH_TOO_LARGE where it has more than `maxSize` bytes. */
export async function smallBody(answer: Answer, what: string, maxSize = MAX_BODY): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of bodyOf(answer)) {
    size += piece.length;
    if (size > maxSize) throw new MirrorError('FETCH_TOO_LARGE', `${what} has more than ${maxSize} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** What an answer that is not the wanted one means, by its status and the errors in it (distribution specification, "Error Codes"). */
export async function registryError(answer: Answer, what: string): Promise<MirrorError> {
  const { status } = answer;
  const said = await saidIn(answer, what);
  const message = `${what}: the registry answered ${status}${said === '' ? '' : ` (${said})`}`;
  if (status === 404) return new MirrorError('IMAGE_UNKNOWN', message);
  if (status === 401 || status === 403) return new MirrorError('FETCH_DENIED', message);
  if (status >= 500) return new MirrorError('FETCH_FAILED', message);
  if (/DIGEST_INVALID|SIZE_INVALID/.test(said)) return new MirrorError('CHECKSUM_MISMATCH', message);
  return new MirrorError('REGISTRY_REFUSED', message);
}

async function saidIn(answer: Answer, what: string): Promise<string> {
  try {
    const text = (await smallBody(answer, what)).toString('utf8');
    const { errors = [] } = errorsSchema.safeParse(JSON.parse(text)).data ?? {};
    const all = errors.map(({ code, message }) => [code, message].filter((part) => part !== undefined && part !== '').join(': '));
    return all.join('; ').replace(/\s+/g, ' ').slice(0, SHOWN);
  } catch (error) {
    if (isMirrorError(error, 'ABORTED')) throw error;
    // An answer without words of its own has its status.
    return '';
  }
}
