import { publicationSources } from '../config/publications.ts';
import { isMirrorError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import { loadCredentials } from '../fetch/credentials.ts';
import type { Keyring } from '../openpgp/types.ts';
import type { Origin } from '../store/acquire.ts';
import { createAcquirer } from '../store/acquirer.ts';
import type { MirrorState, PublicKey } from '../store/catalogue.ts';
import type { OperationContext } from './context.ts';
import { familyOf } from './families.ts';
import { keyText } from './key-text.ts';
import type { NamedMirror } from './names.ts';
import type { MirrorKeys } from './trusted-keys.ts';

/** A mirror whose upstream can be reached: where it is, and whom it trusts. */
export interface OpenMirror extends NamedMirror {
  readonly origin: Origin;
  /** Undefined where nothing is to be verified. */
  readonly keyring: Keyring | undefined;
}

/** Whether anything of the upstream is checked against keys: everything but a hand-written `verify: []`. */
function wantsVerification(mirror: NamedMirror): boolean {
  return mirror.config.verify === undefined || mirror.config.verify.length > 0;
}

/** Finds out where a mirror's upstream is (variables, mirror lists, credentials) and loads the keys that it trusts. */
export async function openMirror(mirror: NamedMirror, context: OperationContext): Promise<OpenMirror> {
  const { fetcher, signal } = context;
  const credentials = await loadCredentials(mirror.config, process.env, mirror.name);
  const lists: string[] = [];
  const fetchList = async (url: string): Promise<Buffer> => {
    lists.push(url);
    return (await fetcher.document({ urls: [url], maxSize: LIMITS.serverList, credentials, signal })).bytes;
  };
  const bases = await familyOf(mirror.config).bases(mirror.name, mirror.config, fetchList);
  const keyring = wantsVerification(mirror) ? await keyringOf(mirror, context) : undefined;
  // A list of servers is somebody's word for where to go: the password is for the configured server alone.
  const home = mirror.config.url === undefined && lists.length > 0 ? lists : bases;
  return { ...mirror, origin: { bases, credentials, home }, keyring };
}

async function keyringOf(mirror: NamedMirror, context: OperationContext): Promise<Keyring> {
  const { loadKeyring } = await import('./trusted-keys.ts');
  return await loadKeyring(keyringOptions(mirror, context));
}

function keyringOptions({ name, config }: NamedMirror, context: OperationContext): MirrorKeys {
  const { fetcher, catalogue, report, signal, clock } = context;
  return { name, config, fetcher, catalogue, report, signal, clock };
}

/**
 * As `refreshMirror`. Where the signature is not good by the keys that were pinned at their URLs, the URLs are asked again: an upstream
 * that has put another subkey or expiry there is believed, one that has put another key there is KEY_CHANGED.
 */
export async function refreshWithKeys(
  mirror: OpenMirror,
  context: OperationContext,
  options: { readonly store: boolean },
): Promise<{ readonly mirror: OpenMirror; readonly state: MirrorState }> {
  try {
    return { mirror, state: await refreshMirror(mirror, context, options) };
  } catch (error) {
    if (!isMirrorError(error, 'SIGNATURE_INVALID')) throw error;
    const { checkPinnedKeys } = await import('./trusted-keys.ts');
    if (!(await checkPinnedKeys(keyringOptions(mirror, context)))) throw error;
    const again = { ...mirror, keyring: await keyringOf(mirror, context) };
    return { mirror: again, state: await refreshMirror(again, context, options) };
  }
}

/**
 * Fetches and verifies what the upstream has now, and stores it as the mirror's state; its packages stay as they were.
 * The caller holds the mirror's lock. Without `store` the new metadata is only returned.
 */
async function refreshMirror(mirror: OpenMirror, context: OperationContext, { store }: { readonly store: boolean }): Promise<MirrorState> {
  const { blobs, catalogue, fetcher, signal, clock, report } = context;
  const previous = catalogue.mirror(mirror.name);
  report({ type: 'phase', subject: mirror.name, phase: 'indexes' });
  const intake = await blobs.intake(`indexes-${mirror.name}`);
  try {
    const acquirer = createAcquirer({ origin: mirror.origin, fetcher, blobs, catalogue, intake, signal });
    const keys = (mirror.keyring?.keys ?? []).map(({ fingerprint, armored }) => ({ fingerprint, armored }));
    const same = previous?.family === mirror.config.type ? previous : undefined;
    const verbatim = Object.values(context.config.publications).some(
      (publication) => publication.metadata === 'verbatim' && publicationSources(publication).includes(mirror.name),
    );
    const known = same === undefined ? undefined : sameTrust(same, keys) ? same.upstream : { ...same.upstream, revision: '' };
    const upstream = await familyOf(mirror.config).refresh(
      { name: mirror.name, config: mirror.config, acquirer, blobs, keyring: mirror.keyring, verbatim, clock, report, signal },
      known,
    );
    await intake.finish();
    const state: MirrorState = { name: mirror.name, family: mirror.config.type, upstream, keys, contents: same?.contents };
    if (store && upstream !== same?.upstream) catalogue.putMirror(state);
    return state;
  } catch (error) {
    await intake.abandon();
    throw error;
  }
}

/** Whether what was accepted before was accepted for the same keys; otherwise it must be checked again, changed or not. */
function sameTrust(state: MirrorState, keys: readonly PublicKey[]): boolean {
  return keyText(state.keys) === keyText(keys);
}
