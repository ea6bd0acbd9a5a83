import { z } from 'zod';
import { NAME_PATTERN } from '../core/names.ts';
import { chartItems, imageItems } from './image-list-schema.ts';

const name = z.string().regex(NAME_PATTERN, 'a name starts with a letter or digit and has only a-z, 0-9, ".", "_" and "-"');
/** It is a directory, and one of the words of a line of the Release. */
const componentName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+~/-]*$/, 'a component such as main');
const duration = z.string().regex(/^\d+(ms|s|m|h|d)$/, 'a duration such as 500ms, 30s, 5m, 12h or 7d');
const oneOrMore = <T extends z.ZodType>(item: T) =>
  z.union([item, z.array(item).min(1)]).transform((value) => (Array.isArray(value) ? value : [value]) as z.output<T>[]);
/** A number may come as text, because a variable of the environment does. */
const wholeNumber = (minimum: number, maximum: number) =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value),
    z.number().int().min(minimum).max(maximum),
  );
const url = z.string().refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), 'an http:// or https:// URL');
/** `$releasever` and friends are filled in by the family, so this cannot be checked as a URL before. */
const urlTemplate = z.string().regex(/^https?:\/\//, 'an http:// or https:// URL');

const withDeps = z
  .union([
    z.boolean(),
    z.strictObject({
      recommends: z.boolean().default(false),
      suggests: z.boolean().default(false),
      source: z.boolean().default(false),
      allVariants: z.boolean().default(false),
      /** Also what the archive has for every machine. */
      required: z.boolean().default(false),
      /** A file that says what clients have: that is not selected. */
      installed: z.string().min(1).optional(),
    }),
  ])
  .default(false);

/** What both families of mirror have. */
const anyMirror = {
  /** Trusted keys: files, URLs (pinned at first use) or fingerprints (with keyserver). */
  keys: z.array(z.string().min(1)).default([]),
  keyserver: url.optional(),
  verify: z.array(z.enum(['metadata', 'packages'])).optional(),
  filter: z.string().min(1).optional(),
  withDeps,
  username: z.string().optional(),
  passwordFile: z.string().optional(),
  clientCert: z.string().optional(),
  clientKey: z.string().optional(),
  /** An upstream past its Valid-Until, or older than what was last accepted, is refused unless this is set. */
  allowExpired: z.boolean().default(false),
  allowRollback: z.boolean().default(false),
};

const aptMirror = z.strictObject({
  type: z.literal('apt'),
  url: oneOrMore(url).optional(),
  ppa: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.+-]*\/[a-z0-9][a-z0-9.+-]*$/, 'owner/name')
    .optional(),
  /** Also source packages. */
  sources: z.boolean().default(false),
  /** Also the packages of the installer, from the debian-installer part of each component. */
  udebs: z.boolean().default(false),
  /** Also the installer's images. */
  installer: z.boolean().default(false),
  /** Languages of the long descriptions, where the upstream has them. */
  translations: z.array(z.string().regex(/^[a-z]{2,3}([_@-][A-Za-z]+)*$/, 'a language such as en or pt_BR')).default(['en']),
  /** Also which package has which file, for apt-file. */
  contents: z.boolean().default(false),
  /** Also AppStream metadata, for software centres. */
  dep11: z.boolean().default(false),
  /** Also the metadata of command-not-found. */
  cnf: z.boolean().default(false),
  suite: z.string().regex(/^\S+$/, 'one suite such as bookworm; each suite is a mirror of its own'),
  components: z.array(z.string().regex(/^\S+$/, 'a component such as main, without spaces')).optional(),
  architectures: z
    .array(z.string().regex(/^[a-z0-9-]+$/, 'a Debian architecture such as amd64'))
    .min(1)
    .optional(),
  ...anyMirror,
});

const yumMirror = z.strictObject({
  type: z.literal('yum'),
  url: oneOrMore(urlTemplate).optional(),
  mirrorlist: urlTemplate.optional(),
  metalink: urlTemplate.optional(),
  vars: z.record(z.string(), z.string()).default({}),
  architectures: z.array(z.string().min(1)).min(1).optional(),
  /** Only the newest version of each package that the filter takes; `keepVersions` has it with a number. */
  newestOnly: z.boolean().default(false),
  keepVersions: wholeNumber(1, 1_000_000).optional(),
  /** Also the .treeinfo with the installer's images. */
  installer: z.boolean().default(false),
  /** What is accepted although it is broken or nearly so: checksums of files and hashes of signatures by MD5 or SHA-1, and signatures by DSA keys. */
  allowWeak: z.array(z.enum(['md5', 'sha1', 'dsa'])).default([]),
  ...anyMirror,
});

const mirror = z.discriminatedUnion('type', [aptMirror, yumMirror]);

const publication = z.strictObject({
  from: z.array(name).min(1).optional(),
  components: z.record(componentName, z.array(name).min(1)).optional(),
  distribution: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._+~/-]*$/, 'a codename such as xenial')
    .optional(),
  component: componentName.optional(),
  origin: z.string().optional(),
  label: z.string().optional(),
  /** apt: the Suite, Codename, Version and Description of the Release. */
  suite: z.string().regex(/^\S+$/, 'one word such as stable').optional(),
  codename: z.string().regex(/^\S+$/, 'one word such as bookworm').optional(),
  version: z.string().optional(),
  description: z.string().optional(),
  /** apt: clients take packages from here only when asked to (priority 1), or also upgrades of those that they took (priority 100). */
  notAutomatic: z.boolean().default(false),
  butAutomaticUpgrades: z.boolean().default(false),
  /** apt: fingerprints of the keys that clients are to accept for this repository from now on; `own` for the signing key. */
  signedBy: z.array(z.string().regex(/^([0-9A-Fa-f]{40}!?|own)$/, 'a fingerprint of 40 hex digits, or own')).optional(),
  /** apt: for how long clients may use the metadata; `mirror serve` renews it in time. */
  validFor: duration.optional(),
  /** apt: architectures to publish, also where there are no packages for them. */
  architectures: z
    .array(z.string().regex(/^[a-z0-9-]+$/, 'a Debian architecture such as amd64'))
    .min(1)
    .optional(),
  /** yum: how the metadata is compressed; old clients read only gz. */
  compression: z.enum(['gz', 'xz', 'zst']).optional(),
  /** yum: also SQLite databases, which the yum of EL 6 and 7 reads faster. */
  database: z.boolean().default(false),
  path: z.string().startsWith('/', 'a path on the server, from the first /').optional(),
  merge: z.enum(['replace', 'latest', 'keepAll']).default('replace'),
  metadata: z.enum(['regenerate', 'verbatim']).default('regenerate'),
  export: z.enum(['none', 'tree']).default('none'),
});

const repo = z.strictObject({
  type: z.enum(['apt', 'yum']),
  /** Whose signatures what is added must have; without any, whoever may run `mirror repo add` vouches for it. */
  keys: z.array(z.string().min(1)).default([]),
  keyserver: url.optional(),
});

const http = z
  .strictObject({
    /** Files fetched at once, over all mirrors. */
    concurrency: wholeNumber(1, 256).default(16),
    /** Further tries after the first, for each file and each server. */
    retries: wholeNumber(0, 20).default(4),
    /** How long a server may be silent: while connecting, before its answer, and between two pieces of it. */
    timeout: duration.default('30s'),
    /** Bytes a second over everything; 0 for no limit. */
    bandwidth: wholeNumber(0, Number.MAX_SAFE_INTEGER).default(0),
    proxy: url.nullable().default(null),
    /** A PEM file of certificate authorities to trust besides the usual ones. */
    ca: z.string().nullable().default(null),
  })
  .prefault({});

/** The whole configuration file, as DESIGN.md gives it. */
export const configSchema = z.strictObject({
  storage: z.string().min(1),
  signing: z.strictObject({ key: z.string().min(1), passphraseFile: z.string().optional() }).optional(),
  http,
  mirrors: z.record(name, mirror).default({}),
  groups: z.record(name, z.array(name).min(1)).default({}),
  repos: z.record(name, repo).default({}),
  publications: z.record(name, publication).default({}),
  serve: z
    .strictObject({
      listen: z
        .string()
        .regex(/^(\[[0-9a-fA-F:.]+\]|[^:\s]+):\d{1,5}$/, 'ADDRESS:PORT')
        .default('127.0.0.1:8080'),
      tls: z.strictObject({ cert: z.string(), key: z.string() }).optional(),
      registry: z
        .strictObject({
          enabled: z.boolean().default(true),
          push: z.enum(['none', 'loopback', 'users']).default('loopback'),
          /** An htpasswd file of bcrypt hashes. */
          users: z.string().min(1).optional(),
        })
        .prefault({}),
    })
    .prefault({}),
  registry: z.strictObject({ target: z.string().optional(), images: imageItems.default([]), charts: chartItems.default([]) }).optional(),
  schedule: z.record(name, z.string()).default({}),
});

export type Config = z.output<typeof configSchema>;
export type MirrorConfig = z.output<typeof mirror>;
export type AptMirrorConfig = z.output<typeof aptMirror>;
export type YumMirrorConfig = z.output<typeof yumMirror>;
export type PublicationConfig = z.output<typeof publication>;
export type RepoConfig = z.output<typeof repo>;

export type FamilyName = MirrorConfig['type'];
