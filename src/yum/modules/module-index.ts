import { MirrorError } from '../../core/errors.ts';
import { wholeSupplement } from '../../family/supplement-content.ts';
import type { BlobStore } from '../../store/blobs.ts';
import type { Supplement } from '../../store/catalogue.ts';
import type { MetadataDocument } from '../format/repodata/further-metadata.ts';
import { readModules } from '../format/repodata/modulemd.ts';
import { type NamedPackage, nevraOf } from '../format/repodata/published-packages.ts';
import { type CandidateModule, moduleLabel } from './candidate-module.ts';

/** The kind of the supplements that say which packages belong to modules. */
const MODULES = 'data/modules';
/** That a package may be in; real ones are in some dozens of versions of one stream. */
const MOST_MODULES = 1000;
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
  for (const supplement of supplements) {
    if (supplement.kind !== MODULES) continue;
    documents.push({ bytes: await wholeSupplement(blobs, supplement, MOST_UNPACKED), what: `mirror "${supplement.mirror}": modules` });
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
  const byPackage = new Map<string, CandidateModule[]>();
  for (const { name, stream = '', version, context, requires, artifacts } of modules.values()) {
    const module: CandidateModule = { name, stream, version, context, isDefault: defaults.get(name) === stream, requires };
    for (const nevra of artifacts) {
      const before = byPackage.get(nevra);
      if (before === undefined) byPackage.set(nevra, [module]);
      else if (before.at(-1) !== module) before.push(module);
      if (before !== undefined && before.length > MOST_MODULES) throw tooMany(nevra, documents);
    }
  }
  const shared = new Map<string, readonly CandidateModule[]>();
  return {
    of(entry) {
      const own = byPackage.size === 0 ? undefined : byPackage.get(nevraOf(entry));
      if (own === undefined) return undefined;
      const key = own.map(moduleLabel).join(' ');
      const known = shared.get(key) ?? own;
      shared.set(key, known);
      return known;
    },
  };
}

function tooMany(nevra: string, documents: readonly MetadataDocument[]): MirrorError {
  const names = [...new Set(documents.map(({ what }) => what))].join(', ');
  return new MirrorError('METADATA_INVALID', `${names}: the package ${nevra.slice(0, 200)} is in more than ${MOST_MODULES} modules`);
}
