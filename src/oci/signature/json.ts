import { z } from 'zod';
import { badSignature } from './evidence.ts';

/** Reads JSON by a schema. Throws SIGNATURE_INVALID. */
export function readJson<T extends z.ZodType>(schema: T, bytes: Uint8Array, what: string): z.output<T> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw badSignature(`${what} is no JSON`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw badSignature(`${what} is malformed at ${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? ''}`);
}

/** Bytes in base64, with padding or without. */
export const base64 = z
  .string()
  .regex(/^[A-Za-z0-9+/]*={0,2}$/, 'base64')
  .transform((text) => Buffer.from(text, 'base64'));

/** Bytes in base64url without padding, as JWS has them. */
export const base64url = z
  .string()
  .regex(/^[A-Za-z0-9_-]*$/, 'base64url')
  .transform((text) => ({ text, bytes: Buffer.from(text, 'base64url') }));
