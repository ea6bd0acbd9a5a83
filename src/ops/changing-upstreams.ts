import { isMirrorError, MirrorError } from '../core/errors.ts';
import type { Reporter } from '../core/events.ts';
import type { MirrorState } from '../store/catalogue.ts';
import { NOT_AS_LISTED } from './package-plan.ts';

/** How often a mirror is begun anew. */
const ATTEMPTS = 3;

export interface ChangingUpstreams {
  /** The mirror that is brought up to date. */
  readonly name: string;
  /** What is known of every mirror that packages are taken from. */
  readonly states: ReadonlyMap<string, MirrorState>;
  /** Fetches a mirror's metadata anew into `states`, where this run may do that and still has that of the revision. */
  readonly refresh: (name: string, revision: string | undefined) => Promise<void>;
  readonly report: Reporter;
}

/**
 * Does what selects and fetches packages. Where these are not there any more, or not what the metadata says, and the upstream has newer metadata, begins again with that.
 * SYNC_INCOMPLETE when it has not, and when it changes again and again.
 */
export async function withChangingUpstreams<T>(
  attempt: () => Promise<T>,
  { name, states, refresh, report }: ChangingUpstreams,
): Promise<T> {
  let failure: MirrorError | undefined;
  for (let count = 0; count < ATTEMPTS; count += 1) {
    const used = new Map([...states].map(([mirror, { upstream }]) => [mirror, upstream.revision]));
    try {
      return await attempt();
    } catch (error) {
      const suspects = isMirrorError(error, 'SYNC_INCOMPLETE') ? String(error.details?.[NOT_AS_LISTED] ?? '').split(' ') : [];
      const changed: string[] = [];
      for (const suspect of suspects.filter((mirror) => mirror !== '')) {
        await refresh(suspect, used.get(suspect));
        if (states.get(suspect)?.upstream.revision !== used.get(suspect)) changed.push(suspect);
      }
      if (!isMirrorError(error) || changed.length === 0) throw error;
      failure = error;
      const message = `the upstream of ${changed.join(' and ')} changed while packages were fetched from it; beginning again with what it has now`;
      report({ type: 'info', subject: name, message });
    }
  }
  throw new MirrorError('SYNC_INCOMPLETE', `mirror "${name}": an upstream changed ${ATTEMPTS} times while packages were fetched from it`, {
    cause: failure,
    details: failure?.details,
    hint: 'It is being updated just now; try again later. Packages that were fetched are not fetched again.',
  });
}
