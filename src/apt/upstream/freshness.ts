import type { AptMirrorConfig } from '../../config/schema.ts';
import { MirrorError } from '../../core/errors.ts';
import type { UpstreamContext } from '../../family/family.ts';
import type { UpstreamState } from '../../store/catalogue.ts';
import { formatReleaseDate } from '../format/release-date.ts';
import type { SignedRelease } from './signed-release.ts';

/** How far an upstream's clock may be ahead of ours, in milliseconds. */
const MAX_FUTURE = 24 * 60 * 60 * 1000;

/**
 * Refuses a Release that is expired (RELEASE_EXPIRED), older than the one accepted last (RELEASE_ROLLBACK) or from the future
 * (RELEASE_FUTURE). `previous` is of the same suite. `allowExpired` and `allowRollback` of the mirror let the first two pass.
 */
export function checkFreshness(
  context: UpstreamContext<AptMirrorConfig>,
  signed: SignedRelease,
  previous: UpstreamState | undefined,
): void {
  const { date = 0, validUntil } = signed.release;
  const now = context.clock.now().getTime();
  if (date > now + MAX_FUTURE) {
    throw new MirrorError('RELEASE_FUTURE', `${signed.what} is dated ${text(date)}, but here it is ${text(now)}`, {
      hint: 'Set the clock of this machine right.',
    });
  }
  if (validUntil !== undefined && validUntil < now && !context.config.allowExpired) {
    throw new MirrorError('RELEASE_EXPIRED', `${signed.what} was valid until ${text(validUntil)}; it is now ${text(now)}`, {
      hint: 'The upstream is not kept up to date, or an old copy is being served. To use it anyway set `allowExpired: true` for the mirror.',
    });
  }
  if (previous !== undefined && date < previous.date && !context.config.allowRollback) {
    const found = signed.release.date === undefined ? 'has no date' : `is dated ${text(date)}`;
    throw new MirrorError('RELEASE_ROLLBACK', `${signed.what} ${found}, but one dated ${text(previous.date)} was accepted before`, {
      hint: 'An old copy is being served. To go back on purpose set `allowRollback: true` for the mirror.',
    });
  }
}

function text(time: number): string {
  return formatReleaseDate(new Date(time));
}
