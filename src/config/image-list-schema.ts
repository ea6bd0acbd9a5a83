import validRange from 'semver/ranges/valid.js';
import { z } from 'zod';

const text = z.string().min(1);
/** Read in full by what uses it. */
const image = z.string().regex(/^[^\s{}<>"]+$/, 'an image such as registry.example.com/team/app:v1');
const repository = z
  .string()
  .regex(/^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/, 'a repository such as team/app');
const tagPattern = z.string().regex(/^[\w.*?[\]^\\-]{1,200}$/, 'a tag such as v1.2, or a glob such as "v1.*"');
const tag = z.string().regex(/^\w[\w.+-]{0,127}$/, 'a version such as 1.2.0');
const digest = z.string().regex(/^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/, 'a digest such as sha256: and 64 hex digits');
const platform = z.string().regex(/^[a-z0-9]+\/[a-z0-9]+(?:\/[a-z0-9.]+)?$/, 'a platform such as linux/amd64 or linux/arm/v7');
const range = z.string().refine((value) => validRange(value) !== null, 'a range of versions such as ">=1.2 <2"');
/** In a list of its own every value is a text. */
const flag = z.preprocess((value) => (value === 'true' ? true : value === 'false' ? false : value), z.boolean());
const oneOrMore = <T extends z.ZodType<string>>(item: T) =>
  z.union([item, z.array(item).min(1)]).transform((value) => (typeof value === 'string' ? [value] : value));

const verify = z
  .strictObject({
    /** Files of public keys in PEM: a signature by one of them is required. */
    cosign: z.strictObject({ key: oneOrMore(text) }).optional(),
    /** Files of certificates in PEM: a signature by one that they issued is required. */
    notation: z.strictObject({ trust: oneOrMore(text) }).optional(),
  })
  .refine(({ cosign, notation }) => cosign !== undefined || notation !== undefined, 'cosign or notation in it');

const imageItem = z.strictObject({
  /** With a tag or digest where none of the keys that choose tags is there. */
  image,
  tags: oneOrMore(tagPattern).optional(),
  semver: range.optional(),
  digests: oneOrMore(digest).optional(),
  /** Globs of tags that are left out of what globs and `semver` choose. */
  exclude: oneOrMore(tagPattern).default([]),
  /** All, where none is named. */
  platforms: oneOrMore(platform).default([]),
  /** The repository at the target, below its path. */
  as: repository.optional(),
  verify: verify.optional(),
});

const chartItem = z.strictObject({
  /** `oci://…`, or a file of `helm package`. */
  chart: image,
  version: tag.optional(),
  semver: range.optional(),
  /** Whether the images that it names are taken, too. */
  images: flag.default(true),
  /** Of these images. */
  platforms: oneOrMore(platform).default([]),
  as: repository.optional(),
  verify: verify.optional(),
});

/** The images of a list, and of `registry.images`: each a reference, or what is wanted of a repository. */
export const imageItems = z.array(z.union([image, imageItem]));
/** The charts of a list, and of `registry.charts`. */
export const chartItems = z.array(z.union([image, chartItem]));

/** A list of images in a file of its own. */
export const imageListSchema = z.strictObject({ images: imageItems.default([]), charts: chartItems.default([]) });

export type ImageItem = z.output<typeof imageItems>[number];
export type ChartItem = z.output<typeof chartItems>[number];
/** Whose signature is required. Both, where both are named. */
export type VerifyPolicy = z.output<typeof verify>;
