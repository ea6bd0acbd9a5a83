import type { YumMirrorConfig } from '../config/schema.ts';
import type { Family, PublishContext, PublishedTree, StreamOf, Subjects, UpstreamContext } from '../family/family.ts';
import type { Keyring } from '../openpgp/types.ts';
import type { FieldTest } from '../query/field-tests.ts';
import type { QuerySubject } from '../query/subject.ts';
import type { Universe } from '../solve/universe.ts';
import type { Blob, BlobStore } from '../store/blobs.ts';
import type { PackageRecord, StoredPackage, Supplement, UpstreamState } from '../store/catalogue.ts';
import { architectureRank, isSourceArchitecture, machineArchitectures } from './architecture.ts';
import { labelOf, recordOf, storedCandidate, type YumCandidate } from './candidate.ts';
import { installedCandidates } from './dependencies/installed.ts';
import type { Extra } from './extras.ts';
import { compareVersions } from './format/version.ts';
import { yumPackageFiles } from './local/packages.ts';
import { fileUrls } from './location.ts';
import { streamsKey } from './modules/consistency.ts';
import { newestPackages } from './modules/newest.ts';
import { describePackage, packageSubject } from './subject.ts';
import { yumBases } from './upstream/bases.ts';

/** What yum gives to operations. What only some of them need is loaded when they do. */
export const yumFamily: Family<YumMirrorConfig, YumCandidate> = {
  name: 'yum',

  bases(name: string, config: YumMirrorConfig, fetchList: (url: string) => Promise<Buffer>): Promise<readonly string[]> {
    return yumBases(name, config, fetchList);
  },

  async refresh(context: UpstreamContext<YumMirrorConfig>, previous: UpstreamState | undefined): Promise<UpstreamState> {
    const { refreshUpstream } = await import('./upstream/refresh.ts');
    return await refreshUpstream(context, previous);
  },

  async load(name: string, config: YumMirrorConfig, upstream: UpstreamState, blobs: BlobStore): Promise<readonly YumCandidate[]> {
    const { loadCandidates } = await import('./upstream/load.ts');
    return await loadCandidates({ name, config, upstream, blobs });
  },

  versions({ newestOnly, keepVersions }: YumMirrorConfig, taken: readonly YumCandidate[]): readonly YumCandidate[] {
    const keep = newestOnly ? 1 : keepVersions;
    return keep === undefined ? taken : newestPackages(taken, keep);
  },

  /** rpm has packages of several architectures on one machine; those of 32 bits beside those of 64. */
  hasMachineArchitectures: false,

  machines: machineArchitectures,

  architectureRank,

  isInstallable({ architecture }: YumCandidate): boolean {
    return !isSourceArchitecture(architecture);
  },

  async universe(candidates: readonly YumCandidate[], blobs: BlobStore): Promise<Universe<YumCandidate>> {
    const { createUniverse } = await import('./dependencies/universe.ts');
    return await createUniverse(candidates, blobs);
  },

  installed(bytes: Buffer, _what: string, available: readonly YumCandidate[]): readonly YumCandidate[] {
    return installedCandidates(bytes, available);
  },

  urls(candidate: YumCandidate, bases: readonly string[]): readonly string[] {
    return fileUrls(candidate, bases, `mirror "${candidate.mirror}"`);
  },

  /** A package is one file. */
  furtherUrls(): readonly (readonly string[])[] {
    return [];
  },

  async verifyPackage(candidate: YumCandidate, file: Blob, blobs: BlobStore, keyring: Keyring, now: Date): Promise<void> {
    const { verifyPackage } = await import('./verify-package.ts');
    await verifyPackage({ candidate, file, blobs, keyring, now });
  },

  record(candidate: YumCandidate, file: Blob): PackageRecord {
    return recordOf(candidate, file);
  },

  candidate(stored: StoredPackage, source: string, extra?: (kind: string) => Buffer | undefined): YumCandidate {
    return storedCandidate(stored, source, extra);
  },

  async supplemented(
    candidates: readonly YumCandidate[],
    supplements: readonly Supplement[],
    blobs: BlobStore,
  ): Promise<readonly YumCandidate[]> {
    const { readModuleIndex } = await import('./modules/module-index.ts');
    const index = await readModuleIndex(supplements, blobs);
    return candidates.map((candidate) => {
      const modules = index.of(candidate);
      return modules === undefined ? candidate : { ...candidate, modules };
    });
  },

  async streams(supplements: readonly Supplement[], blobs: BlobStore): Promise<StreamOf> {
    const { readModuleIndex } = await import('./modules/module-index.ts');
    const modules = await readModuleIndex(supplements, blobs);
    return (entry) => streamsKey({ modules: modules.of(entry) });
  },

  async *extras(selected: readonly YumCandidate[], upstream: UpstreamState, blobs: BlobStore): AsyncGenerator<Extra> {
    const { readExtras } = await import('./extras.ts');
    yield* readExtras(selected, upstream, blobs);
  },

  localPackages: yumPackageFiles,

  subject(candidate: YumCandidate): QuerySubject {
    return packageSubject(candidate);
  },

  async subjects(candidates: readonly YumCandidate[], tests: readonly FieldTest[], blobs: BlobStore): Promise<Subjects<YumCandidate>> {
    const { fileSubjects } = await import('./file-subjects.ts');
    return await fileSubjects(candidates, tests, blobs);
  },

  describe(candidate: YumCandidate): string {
    return describePackage(candidate);
  },

  compareVersions,

  label: labelOf,

  async publish(context: PublishContext): Promise<PublishedTree> {
    const { publishTree } = await import('./publish/tree.ts');
    return await publishTree(context);
  },
};
