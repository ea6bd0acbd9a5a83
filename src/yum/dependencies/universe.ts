import type { Universe } from '../../solve/universe.ts';
import type { BlobStore } from '../../store/blobs.ts';
import { architectureFamily } from '../architecture.ts';
import type { YumCandidate } from '../candidate.ts';
import { XmlScanner } from '../format/xml/xml-scanner.ts';
import { createMemberships } from '../modules/memberships.ts';
import { indexConflicts } from './conflicts.ts';
import { createPreference } from './preference.ts';
import { indexProviders } from './providers.ts';
import { isShared, requirementsOf, type World } from './requirements.ts';

/**
 * Several upstreams' packages as one world. A package's requirements are its Requires, without those on rpm itself and those that it
 * provides itself; its Recommends and Suggests, what supplements or enhances it, and its source package, as the options ask. Source packages
 * require nothing here: what they need is for building them.
 *
 * A package that fits every architecture, in a world of several, has each requirement once for each of them. Of a rich dependency with a
 * condition, what the condition would ask for is required where it is to be had, so that it is there whatever the client has installed,
 * unless the options ask for conditions as they are.
 */
export async function createUniverse(candidates: readonly YumCandidate[], blobs: BlobStore): Promise<Universe<YumCandidate>> {
  const providers = await indexProviders(candidates, blobs);
  const world: World = {
    candidates,
    providers,
    preference: createPreference(candidates),
    families: [
      ...new Set(candidates.map((candidate) => architectureFamily(candidate.architecture)).filter((family) => family !== undefined)),
    ].sort(),
    scanner: new XmlScanner(),
    known: new Map(),
    reverse: new Map(),
    sources: undefined,
  };
  const indexes = new Map(candidates.map((candidate, index) => [candidate, index]));
  let conflictsOf: ReturnType<typeof indexConflicts> | undefined;
  return {
    candidates,
    requirements(candidate, options) {
      const owner = indexes.get(candidate);
      return owner === undefined ? [] : requirementsOf(world, owner, options);
    },
    conflicts(candidate) {
      conflictsOf ??= indexConflicts(world);
      const owner = indexes.get(candidate);
      return owner === undefined ? [] : conflictsOf(owner);
    },
    memberships: createMemberships(),
    similar(requirement) {
      const names = isShared(requirement) ? requirement.names : [];
      const found = new Set(names.flatMap((name) => providers.of({ name, flags: 0, evr: undefined })));
      return [...found].flatMap((owner) => candidates[owner] ?? []);
    },
  };
}
