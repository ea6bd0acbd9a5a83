import { createHash } from 'node:crypto';
import type { AptMirrorConfig } from '../../config/schema.ts';
import { MirrorError } from '../../core/errors.ts';
import type { UpstreamContext } from '../../family/family.ts';
import type { StoredIndex, UpstreamState } from '../../store/catalogue.ts';
import { isFlat, releaseDirectory, urlPath } from '../urls.ts';
import { formsOf } from './listed-index.ts';
import { type AptParticulars, particularsOf } from './particulars.ts';
import { sameSelection, selectionOf } from './selection.ts';
import type { SignedRelease } from './signed-release.ts';

/** Of an index whose size nothing states, in bytes: it is in memory while it is fetched. */
const MOST = 256 * 1024 * 1024;

/**
 * Whether a mirror is of a flat repository that says nothing of its indexes: it has no Release, or one that does not list them. Only one of which nothing is verified can be
 * taken like that.
 */
export function isUnlisted({ keyring, config }: UpstreamContext<AptMirrorConfig>, signed: SignedRelease | undefined): boolean {
  if (keyring !== undefined || !isFlat(config.suite)) return false;
  return signed === undefined || !formsOf('Packages').some((path) => signed.release.files.has(path));
}

/**
 * Fetches the indexes of a repository that lists none, in the first form that is there. Gives `previous` itself where they are the same. FETCH_NOT_FOUND when there are none.
 */
export async function refreshUnlisted(
  context: UpstreamContext<AptMirrorConfig>,
  signed: SignedRelease | undefined,
  previous: UpstreamState | undefined,
): Promise<UpstreamState> {
  const selection = selectionOf(context.config, context.verbatim);
  const names = selection.sources ? (['Packages', 'Sources'] as const) : (['Packages'] as const);
  const indexes: StoredIndex[] = [];
  const kinds: AptParticulars['indexes'] = {};
  for (const name of names) {
    const stored = await fetchIndex(context, name);
    indexes.push(stored);
    kinds[stored.path] = { kind: name === 'Sources' ? 'sources' : 'packages', component: '' };
  }
  const revision = createHash('sha256')
    .update(indexes.map(({ path, sha256 }) => `${path} ${sha256}\n`).join(''))
    .digest('hex');
  if (previous?.revision === revision && !previous.verification.metadata) {
    if (sameSelection(particularsOf(context.name, previous).selection, selection)) return previous;
  }
  const { release } = signed ?? {};
  return {
    revision,
    date: release?.date ?? 0,
    validUntil: release?.validUntil,
    indexes,
    supplements: [],
    verification: { metadata: false, packages: false },
    particulars: { selection, components: [''], origin: release?.origin, label: release?.label, indexes: kinds } satisfies AptParticulars,
  };
}

async function fetchIndex(context: UpstreamContext<AptMirrorConfig>, name: string): Promise<StoredIndex> {
  const { acquirer, config } = context;
  const directory = urlPath(releaseDirectory(context.name, config.suite));
  for (const path of formsOf(name)) {
    const document = await acquirer.optionalDocument(`${directory}${path}`, MOST);
    if (document !== undefined) return { path, ...(await acquirer.keep(document.bytes)) };
  }
  throw new MirrorError(
    'FETCH_NOT_FOUND',
    `mirror ${context.name}: there is no Release and no ${name} at ${acquirer.origin.bases[0]}${directory}`,
    {
      hint: `Check \`url\` and the suite "${config.suite}".`,
    },
  );
}
