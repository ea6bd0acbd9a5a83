import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { MirrorError } from '../../core/errors.ts';
import { parsedJson } from '../../core/json.ts';
import { bodyOf } from '../../fetch/answer-body.ts';
import type { Answer } from '../../fetch/transport.ts';

/** An answer and its body, which is small. */
export interface RegistryReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

/** Of a body that is not content. */
const MAX_BODY = 1024 * 1024;
/** Of what is read of an error, in bytes, and shown of it, in characters. */
const MAX_ERROR = 64 * 1024;
const SHOWN = 500;

const errorsSchema = z.looseObject({
  errors: z.array(z.looseObject({ code: z.string().optional(), message: z.string().optional() })).optional(),
});

/** A small body, whole. FETCH_TOO_LARGE where it has more than `maxSize` bytes; rejects with a TryFailure where it ends too early. */
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

/** An answer with its body; of an error no more than is needed to say what it was. */
export async function replyOf(answer: Answer, what: string, maxSize?: number): Promise<RegistryReply> {
  const { status, headers } = answer;
  const bytes = status < 400 ? await smallBody(answer, what, maxSize) : await errorBody(answer);
  return { status, headers, bytes };
}

/** The registry's own words for an error (distribution specification, "Error Codes"); empty where it has none. Reads the answer. */
export async function saidIn(answer: Answer): Promise<string> {
  return wordsOf(await errorBody(answer));
}

/** Words as a part of a sentence. */
export function inBrackets(said: string): string {
  return said === '' ? '' : ` (${said})`;
}

/** Whether a registry that answers so may answer otherwise later. What it does not do at all (501, 505), it will not do later. */
export function mayPass(status: number): boolean {
  return (status >= 500 && status !== 501 && status !== 505) || status === 408 || status === 425 || status === 429;
}

/** What a reply that is not the wanted one means, by its status and the errors in it. */
export function registryError({ status, bytes }: RegistryReply, what: string): MirrorError {
  const said = wordsOf(bytes);
  const message = `${what}: the registry answered ${status}${inBrackets(said)}`;
  const options = { details: { status } };
  if (status === 404) return new MirrorError('IMAGE_UNKNOWN', message, options);
  if (status >= 500) return new MirrorError('FETCH_FAILED', message, options);
  if (/\b(?:DIGEST_INVALID|SIZE_INVALID)\b/.test(said)) return new MirrorError('CHECKSUM_MISMATCH', message, options);
  return new MirrorError('REGISTRY_REFUSED', message, { ...options, hint: status === 413 ? TOO_LARGE : undefined });
}

const TOO_LARGE = 'The registry, or a proxy in front of it, limits the size of what is sent: nginx does with client_max_body_size.';

async function errorBody(answer: Answer): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of bodyOf(answer)) {
      pieces.push(piece);
      size += piece.length;
      if (size > MAX_ERROR) break;
    }
  } catch {
    // What came of it has to do: the status says more than what went wrong after it.
  }
  return Buffer.concat(pieces);
}

/** Empty where the answer has no words of its own, but its status. */
function wordsOf(bytes: Buffer): string {
  const { errors = [] } = errorsSchema.safeParse(parsedJson(bytes.toString('utf8'))).data ?? {};
  const all = errors.map(({ code, message }) => [code, message].filter((part) => part !== undefined && part !== '').join(': '));
  return all.join('; ').replace(/\s+/g, ' ').slice(0, SHOWN);
}
