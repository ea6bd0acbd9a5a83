import type { AptMirrorConfig } from '../../config/schema.ts';
import { MirrorError } from '../../core/errors.ts';
import type { UpstreamContext } from '../../family/family.ts';
import type { UpstreamState } from '../../store/catalogue.ts';
import { isFlat } from '../urls.ts';
import { particularsOf } from './particulars.ts';
import type { SignedRelease } from './signed-release.ts';

/** What a Release says that it is of. */
interface SuiteNames {
  readonly suite?: string | undefined;
  readonly codename?: string | undefined;
}

/**
 * A server may hand out another suite, rightly signed, in place of the one that was asked for: one without the updates, say. Where the
 * Release that was accepted before was of the suite, one that is not is refused (METADATA_INVALID); at first that is a warning, as in apt.
 * @param before what was accepted of this suite before.
 */
export function checkSuite(context: UpstreamContext<AptMirrorConfig>, signed: SignedRelease, before: UpstreamState | undefined): void {
  const { suite: asked } = context.config;
  const { suite, codename } = signed.release;
  if (isFlat(asked) || isOf(asked, { suite, codename })) return;
  const nameless = suite === undefined && codename === undefined;
  const found = nameless ? 'names neither suite nor codename, and is' : `is for suite "${suite ?? ''}", codename "${codename ?? ''}", and`;
  const message = `${signed.what} ${found} not for "${asked}"`;
  if (before !== undefined && isOf(asked, particularsOf(context.name, before))) {
    throw new MirrorError('METADATA_INVALID', `${message}, as the one that was accepted before`, {
      hint: 'The server hands out another suite. If the upstream has renamed it, set `suite` to its name now.',
    });
  }
  if (!nameless) context.report({ type: 'warning', subject: context.name, message });
}

function isOf(asked: string, { suite, codename }: SuiteNames): boolean {
  const plain = asked.replace(/\/updates$/, '');
  return [suite, codename].some((name) => name === asked || name?.replace(/\/updates$/, '') === plain);
}
