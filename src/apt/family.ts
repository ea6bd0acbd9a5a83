import type { AptMirrorConfig } from '../config/schema.ts';
import type { Reporter } from '../core/events.ts';
import type { Family, PublishContext, PublishedTree, UpstreamContext } from '../family/family.ts';
import type { QuerySubject } from '../query/subject.ts';
import type { Universe } from '../solve/universe.ts';
import type { Blob, BlobStore } from '../store/blobs.ts';
import type { PackageRecord, StoredPackage, UpstreamState } from '../store/catalogue.ts';
import {
  type AptCandidate,
  furtherFileUrls,
  isInstallerPackage,
  isSourcePackage,
  labelOf,
  packageRecord,
  packageUrls,
  storedCandidate,
} from './candidate.ts';
import { installedCandidates } from './dependencies/installed.ts';
import { compareVersions } from './format/version.ts';
import { aptPackageFiles } from './local/packages.ts';
import { sourcesOf } from './source-candidate.ts';
import { packageSubject } from './subject.ts';
import { baseUrls } from './urls.ts';

/** What operations need of APT archives. The modules that these functions are from say more of each; what only some operations need is loaded when they do. */
export const aptFamily: Family<AptMirrorConfig, AptCandidate> = {
  name: 'apt',

  async bases(name: string, config: AptMirrorConfig): Promise<readonly string[]> {
    return baseUrls(name, config);
  },

  async refresh(context: UpstreamContext<AptMirrorConfig>, previous: UpstreamState | undefined): Promise<UpstreamState> {
    const { refreshUpstream } = await import('./upstream/refresh.ts');
    return await refreshUpstream(context, previous);
  },

  async load(
    name: string,
    config: AptMirrorConfig,
    upstream: UpstreamState,
    blobs: BlobStore,
    report: Reporter,
  ): Promise<readonly AptCandidate[]> {
    const { loadCandidates } = await import('./upstream/load.ts');
    return await loadCandidates({ name, config, upstream, blobs, report });
  },

  isSelectable(config: AptMirrorConfig, candidate: AptCandidate): boolean {
    return config.sources || !isSourcePackage(candidate);
  },

  accompanying(config: AptMirrorConfig, selected: readonly AptCandidate[], offered: readonly AptCandidate[]): readonly AptCandidate[] {
    return config.sources ? sourcesOf(selected, offered) : [];
  },

  hasMachineArchitectures: true,

  machines(architectures: readonly string[]): readonly (readonly string[])[] {
    return architectures.map((architecture) => [architecture]);
  },

  isInstallable(candidate: AptCandidate): boolean {
    return !isSourcePackage(candidate) && !isInstallerPackage(candidate);
  },

  async universe(candidates: readonly AptCandidate[]): Promise<Universe<AptCandidate>> {
    const { createUniverse } = await import('./dependencies/universe.ts');
    return createUniverse(candidates);
  },

  installed(bytes: Buffer, what: string, available: readonly AptCandidate[]): readonly AptCandidate[] {
    return installedCandidates(bytes, what, available);
  },

  urls(candidate: AptCandidate, bases: readonly string[]): readonly string[] {
    return packageUrls(candidate, bases);
  },

  furtherUrls(candidate: AptCandidate, bases: readonly string[]): readonly (readonly string[])[] {
    return furtherFileUrls(candidate, bases);
  },

  /** Packages have no signatures of their own that anybody checks: the signed index vouches for them with its checksums. */
  async verifyPackage(): Promise<void> {},

  record(candidate: AptCandidate, file: Blob, further: readonly Blob[]): PackageRecord {
    return packageRecord(candidate, file, further);
  },

  candidate(stored: StoredPackage, source: string): AptCandidate {
    return storedCandidate(stored, source);
  },

  /** There are none: everything is in the stanza. */
  async *extras(): AsyncGenerator<{ readonly index: number; readonly kind: string; readonly data: Buffer }> {},

  subject(candidate: AptCandidate): QuerySubject {
    return packageSubject(candidate);
  },

  /** The stanza as the upstream has it. */
  describe(candidate: AptCandidate): string {
    return `${candidate.stanza.toString('utf8').trimEnd()}\n`;
  },

  localPackages: aptPackageFiles,

  compareVersions,

  label(entry: Pick<AptCandidate, 'name' | 'version' | 'architecture'>): string {
    return labelOf(entry);
  },

  async publish(context: PublishContext): Promise<PublishedTree> {
    const { publishTree } = await import('./publish/tree.ts');
    return await publishTree(context);
  },
};
