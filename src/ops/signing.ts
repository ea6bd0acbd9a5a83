import { type FileHandle, open, rm } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import type { Config } from '../config/schema.ts';
import { isMirrorError, MirrorError, reasonOf } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import { type GenerateKeyOptions, generateKey } from '../openpgp/generate-key.ts';
import { openSigner } from '../openpgp/signer.ts';
import type { Signer } from '../openpgp/types.ts';
import { makeDirectoriesDurable } from '../store/durability.ts';
import { storageError, systemCode } from '../store/storage-errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The configured signing key, opened; undefined when none is configured. The passphrase is in `signing.passphraseFile`, or in the environment
 * variable MIRROR_PASSPHRASE. Throws KEY_MISSING, KEY_PERMISSIONS when others can read the key or the passphrase (files in systemd's
 * credentials directory are as systemd makes them), KEY_INVALID, KEY_LOCKED.
 */
export async function loadSigner(config: Config, environment: Environment = process.env): Promise<Signer | undefined> {
  const { signing } = config;
  if (signing === undefined) return undefined;
  const armoredSecret = await readSecretFile('signing key', signing.key, environment);
  const passphrase =
    signing.passphraseFile === undefined
      ? environment['MIRROR_PASSPHRASE']
      : (await readSecretFile('passphrase file', signing.passphraseFile, environment)).replace(/\r?\n$/, '');
  try {
    return await openSigner({ armoredSecret, passphrase });
  } catch (error) {
    if (!isMirrorError(error)) throw error;
    throw new MirrorError(error.code, `${signing.key}: ${error.message}`, { hint: error.hint, cause: error });
  }
}

/**
 * Makes a signing key and writes it to a new file that only its owner can read, durably. Throws KEY_EXISTS when there is something
 * at the path already, which stays as it is; STORAGE; KEY_INVALID for options that cannot be.
 */
export async function createSigningKeyFile(
  path: string,
  options: GenerateKeyOptions,
): Promise<{ readonly fingerprint: string; readonly publicKey: string }> {
  const { armoredSecret, fingerprint, publicKey } = await generateKey(options);
  const file = await createExclusive(path);
  try {
    await file.writeFile(armoredSecret);
    await file.sync();
    await file.close();
    await makeDirectoriesDurable(dirname(path), [dirname(path)]);
    return { fingerprint, publicKey };
  } catch (error) {
    await file.close();
    await rm(path, { force: true });
    throw isMirrorError(error) ? error : storageError(error, `write the signing key to ${path}`);
  }
}

async function createExclusive(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw storageError(error, `write the signing key to ${path}`);
    throw new MirrorError('KEY_EXISTS', `${path} exists already and was left as it is`, {
      hint: 'Choose another file name.',
      cause: error,
    });
  }
}

async function readSecretFile(kind: string, path: string, environment: Environment): Promise<string> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const { mode, size } = await file.stat();
    if ((mode & 0o077) !== 0 && !isSystemdCredential(path, environment)) {
      const octal = (mode & 0o777).toString(8).padStart(4, '0');
      throw new MirrorError('KEY_PERMISSIONS', `the ${kind} ${path} can be read or written by others: its mode is ${octal}`, {
        hint: `Run: chmod 600 ${path}`,
      });
    }
    if (size > LIMITS.keyFile) throw new Error(`it has ${size} bytes, more than ${LIMITS.keyFile}`);
    return await file.readFile('utf8');
  } catch (error) {
    if (isMirrorError(error)) throw error;
    if (systemCode(error) !== 'ENOENT')
      throw new MirrorError('KEY_INVALID', `the ${kind} ${path} cannot be read: ${reasonOf(error)}`, { cause: error });
    const hint = kind === 'signing key' ? 'Make one with `mirror key generate`.' : 'Write it, readable by its owner only.';
    throw new MirrorError('KEY_MISSING', `the ${kind} ${path} does not exist`, { hint, cause: error });
  } finally {
    await file?.close();
  }
}

/** systemd.exec(5): credentials are readable by the service alone, through an access list that shows as group permissions. */
function isSystemdCredential(path: string, environment: Environment): boolean {
  const directory = environment['CREDENTIALS_DIRECTORY'];
  if (directory === undefined || directory === '') return false;
  const inside = relative(directory, path);
  return inside !== '' && !inside.startsWith('..') && !inside.startsWith('/');
}
