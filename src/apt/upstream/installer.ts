import { posix } from 'node:path';
import type { AptMirrorConfig } from '../../config/schema.ts';
import { counted, shortened } from '../../core/counts.ts';
import { isMirrorError, MirrorError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { runAll } from '../../core/run-all.ts';
import type { UpstreamContext } from '../../family/family.ts';
import type { StoredIndex, Supplement } from '../../store/catalogue.ts';
import { parseSha256Sums, type SummedFile } from '../format/checksum-list.ts';
import { releaseDirectory, urlPath } from '../urls.ts';
import { acquireVariant, urlsInSuite } from './acquire-indexes.ts';
import { directoriesOf } from './listed-index.ts';
import type { SignedRelease } from './signed-release.ts';

/** Where the images of an architecture may be; Ubuntu 20.04 has them under the second name. */
const PLACES = ['images', 'legacy-images'];
/** Images that are fetched at the same time; the downloads of all mirrors share one limit besides. */
const FILES_AT_ONCE = 16;
/** Missing files that an error lists by name. */
const MISSING_SHOWN = 10;

/** A list of images that is vouched for. */
interface ImageList {
  readonly component: string;
  /** Relative to the Release file. */
  readonly directory: string;
  readonly files: readonly SummedFile[];
  /** The list itself, and its signature where it has one of its own. */
  readonly own: readonly StoredIndex[];
}

/**
 * Brings the installer's images of each architecture into the pool: every file that their SHA256SUMS name. These are vouched for by the Release, or where that does not list
 * them by a signature of their own. METADATA_INCOMPLETE when no component has images for an architecture, or files that are listed are not there; SIGNATURE_*.
 */
export async function acquireInstaller(
  context: UpstreamContext<AptMirrorConfig>,
  signed: SignedRelease,
  selection: { readonly components: readonly string[]; readonly architectures: readonly string[] },
): Promise<Supplement[]> {
  const { components, architectures } = selection;
  const lists: ImageList[] = [];
  const without: string[] = [];
  for (const architecture of architectures.filter((name) => name !== 'all')) {
    const found: ImageList[] = [];
    for (const component of components) {
      const list = await findImages(context, signed, { component, architecture });
      if (list !== undefined) found.push(list);
    }
    if (found.length === 0) without.push(`${components[0]}/installer-${architecture}`);
    lists.push(...found);
  }
  if (without.length > 0) {
    throw new MirrorError('METADATA_INCOMPLETE', `${signed.what} has no installer images for ${without.join(', ')}`, {
      hint: 'Take `installer: true` out where the suite has no installer; suites of updates have none.',
    });
  }
  const supplements: Supplement[] = [];
  for (const list of lists) supplements.push(...(await acquireImages(context, signed, list)));
  return supplements;
}

interface ImagesOf {
  readonly component: string;
  readonly architecture: string;
}

async function findImages(
  context: UpstreamContext<AptMirrorConfig>,
  signed: SignedRelease,
  { component, architecture }: ImagesOf,
): Promise<ImageList | undefined> {
  const places = directoriesOf(signed.release, component).flatMap((root) =>
    PLACES.map((place) => `${root}/installer-${architecture}/current/${place}`),
  );
  for (const directory of places) {
    const path = `${directory}/SHA256SUMS`;
    const file = signed.release.files.get(path);
    if (file === undefined) continue;
    if (file.size > LIMITS.signedDocument)
      throw new MirrorError(
        'METADATA_INVALID',
        `${signed.what} states ${file.size} bytes for ${path}, and at most ${LIMITS.signedDocument} are read`,
      );
    const blob = await acquireVariant(context, signed, { path, file });
    const bytes = await context.blobs.readWhole(blob.sha256, LIMITS.signedDocument);
    return { component, directory, files: parseSha256Sums(bytes, `mirror ${context.name}: ${path}`), own: [{ path, ...blob }] };
  }
  for (const directory of places) {
    const list = await unlistedImages(context, component, directory);
    if (list !== undefined) return list;
  }
  return undefined;
}

/** A list that the Release does not know, with a signature beside it. */
async function unlistedImages(
  context: UpstreamContext<AptMirrorConfig>,
  component: string,
  directory: string,
): Promise<ImageList | undefined> {
  const { acquirer, keyring, clock, config, name } = context;
  const path = `${directory}/SHA256SUMS`;
  const url = urlPath(`${releaseDirectory(name, config.suite)}${path}`);
  const list = await acquirer.optionalDocument(url, LIMITS.signedDocument);
  if (list === undefined) return undefined;
  const own = [{ path, ...(await acquirer.keep(list.bytes)) }];
  if (keyring !== undefined) {
    const signature = await acquirer.optionalDocument(`${url}.gpg`, LIMITS.signature);
    if (signature === undefined) {
      throw new MirrorError('SIGNATURE_MISSING', `mirror ${name}: neither the Release nor a SHA256SUMS.gpg vouches for ${list.url}`, {
        hint: 'The upstream does not sign its installer images. Take `installer: true` out.',
      });
    }
    await keyring.verifyDetached(list.bytes, signature.bytes, list.url, clock.now());
    own.push({ path: `${path}.gpg`, ...(await acquirer.keep(signature.bytes)) });
  }
  return { component, directory, files: parseSha256Sums(list.bytes, `mirror ${name}: ${path}`), own };
}

async function acquireImages(context: UpstreamContext<AptMirrorConfig>, signed: SignedRelease, list: ImageList): Promise<Supplement[]> {
  const { acquirer, name, report } = context;
  report({ type: 'phase', subject: name, phase: 'indexes', detail: counted(list.files.length, 'installer image') });
  const missing: string[] = [];
  let [items, bytes] = [0, 0];
  const acquire = async ({ path, expected }: SummedFile): Promise<StoredIndex | undefined> => {
    const full = posix.join(list.directory, path);
    try {
      const blob = await acquirer.file({ urls: urlsInSuite(context, full), expected, maxSize: LIMITS.index });
      items += 1;
      bytes += blob.size;
      report({ type: 'progress', subject: name, phase: 'indexes', items, totalItems: list.files.length, bytes, totalBytes: undefined });
      return { path: full, ...blob };
    } catch (error) {
      if (!isMirrorError(error, 'FETCH_NOT_FOUND')) throw error;
      missing.push(full);
      return undefined;
    }
  };
  const found = await runAll(
    list.files.map((file) => () => acquire(file)),
    FILES_AT_ONCE,
  );
  if (missing.length > 0) {
    throw new MirrorError(
      'METADATA_INCOMPLETE',
      `${signed.what}: the upstream has no ${shortened(missing.sort(), MISSING_SHOWN)}, which its SHA256SUMS list`,
      { hint: 'The upstream may be in the middle of an update; try again later.' },
    );
  }
  const stored = [...list.own, ...found.filter((file) => file !== undefined)];
  return stored.map((file) => ({ kind: 'installer', mirror: name, component: list.component, ...file }));
}
