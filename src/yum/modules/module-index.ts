import { compressionOf } from '../../codec/compression.ts';
import { collect, decompress } from '../../codec/decompress.ts';
import type { BlobStore } from '../../store/blobs.ts';
import type { Supplement } from '../../store/catalogue.ts';
import type { MetadataDocument } from '../format/further-metadata.ts';
import { readModules } from '../format/modulemd.ts';
import { type NamedPackage, nevraOf } from '../format/published-packages.ts';
import { type CandidateModule, moduleLabel } from './candidate-module.ts';

/** The kind of the supplements that say which packages belong to modules. */
const MODULES = 'data/modules';
/** In bytes. */
const MOST_UNPACKED = 256 * 1024 * 1024;

/** Which modules packages belong to. */
export interface ModuleIndex {
  /** Those of a package; undefined when it belongs to none. Equal answers are the same list. */
  of(entry: NamedPackage): readonly CandidateModule[] | undefined;
}

/**
 * Reads which packages belong to modules, of what one or several upstreams have besides packages. Where two say different things of one module or
 * of its default, the later counts. Throws METADATA_INVALID, DECOMPRESS_* and BLOB_MISSING.
 */
export async function readModuleIndex(supplements: readonly Supplement[], blobs: BlobStore): Promise<ModuleIndex> {
  const documents: MetadataDocument[] = [];
  for (const { kind, mirror, path, sha256 } of supplements) {
    if (kind !== MODULES) continue;
    const what = `mirror "${mirror}": modules`;
    const plain = decompress(blobs.read(sha256), compressionOf(path), { maxSize: MOST_UNPACKED, what });
    documents.push({ bytes: await collect(plain, MOST_UNPACKED, what), what });
  }
  return indexModules(documents);
}

/** The same of documents in memory. */
export function indexModules(documents: readonly MetadataDocument[]): ModuleIndex {
  const entries = documents.flatMap(readModules);
  const defaults = new Map<string, string | undefined>();
  const modules = new Map<string, (typeof entries)[number]>();
  for (const entry of entries) {
    const { kind, name, stream, version, context, arch } = entry;
    if (kind === 'modulemd-defaults') defaults.set(name, stream);
    else if (kind === 'modulemd') modules.set([name, stream, version, context, arch].join('\n'), entry);
  }
  const byPackage = new Map<string, readonly CandidateModule[]>();
  const shared = new Map<string, readonly CandidateModule[]>();
  for (const [key, { name, stream = '', version, context, requires, artifacts }] of modules) {
    const module: CandidateModule = { name, stream, version, context, isDefault: defaults.get(name) === stream, requires };
    const alone: readonly CandidateModule[] = [module];
    for (const nevra of artifacts) {
      const before = byPackage.get(nevra);
      byPackage.set(nevra, before === undefined ? alone : extended(before, { module, key, shared }));
    }
  }
  return { of: (entry) => (byPackage.size === 0 ? undefined : byPackage.get(nevraOf(entry))) };
}

interface Extension {
  readonly module: CandidateModule;
  /** Of the module. */
  readonly key: string;
  /** Lists made before, by what they are made of. */
  readonly shared: Map<string, readonly CandidateModule[]>;
}

/** The list with one module more: many packages are in the same versions of their module. */
function extended(list: readonly CandidateModule[], { module, key, shared }: Extension): readonly CandidateModule[] {
  const all = [...list, module];
  const name = all.map(moduleLabel).join(' ');
  const identity = `${name}\n${key}`;
  const known = shared.get(identity) ?? all;
  shared.set(identity, known);
  return known;
}
