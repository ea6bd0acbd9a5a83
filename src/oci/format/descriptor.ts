import { z } from 'zod';
import { MirrorError } from '../../core/errors.ts';
import { looksLikeDigest } from './digest.ts';
import type { Platform } from './platform.ts';

/** Says what a piece of content is and how it is checked (image specification, descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  /** Well-formed, though it may be of an algorithm that is not known here: `isDigest` tells. */
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
  readonly artifactType?: string | undefined;
  readonly platform?: Platform | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** Where else its publisher has it. */
  readonly urls?: readonly string[] | undefined;
}

const platform = z
  .looseObject({
    os: z.string(),
    architecture: z.string(),
    variant: z.string().optional(),
    'os.version': z.string().optional(),
  })
  .transform(
    ({ os, architecture, variant, 'os.version': osVersion }): Platform => ({
      os,
      architecture,
      ...(variant === undefined || variant === '' ? {} : { variant }),
      ...(osVersion === undefined || osVersion === '' ? {} : { osVersion }),
    }),
  );

/** Names of annotations and their values. */
export const annotationsSchema = z.record(z.string(), z.string());

/** A descriptor in a manifest. What is unknown in it is passed over. */
export const descriptorSchema = z
  .looseObject({
    mediaType: z.string().min(1),
    digest: z.string().refine(looksLikeDigest, 'a digest such as sha256:…'),
    size: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
    artifactType: z.string().optional(),
    platform: platform.nullish(),
    annotations: annotationsSchema.nullish(),
    urls: z.array(z.string()).nullish(),
  })
  .transform(
    ({ mediaType, digest, size, artifactType, platform: runsOn, annotations, urls }): Descriptor => ({
      mediaType,
      digest,
      size,
      ...(artifactType === undefined ? {} : { artifactType }),
      ...(runsOn == null ? {} : { platform: runsOn }),
      ...(annotations == null ? {} : { annotations }),
      ...(urls == null ? {} : { urls }),
    }),
  );

/** Reads JSON by a schema. Throws MANIFEST_INVALID, which names `what` and the first thing that is wrong with it. */
export function parseJsonBy<T extends z.ZodType>(schema: T, bytes: Uint8Array, what: string): z.output<T> {
  const invalid = (why: string): MirrorError => new MirrorError('MANIFEST_INVALID', `${what} ${why}`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw invalid('is no JSON');
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.map(String).join('.') ?? '';
  throw invalid(`is malformed${path === '' ? '' : ` at ${path}`}: ${issue?.message ?? 'it cannot be read'}`);
}
