import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createConfigFile } from '../config/write.ts';
import { isMirrorError, MirrorError, reasonOf } from '../core/errors.ts';
import { createSigningKeyFile } from './signing.ts';

export interface InitOptions {
  /** Absolute. Made where it is missing. */
  readonly directory: string;
  /** Of the signing key. */
  readonly userId: string;
  readonly now: Date;
}

export interface InitReport {
  /** Absolute, as is `signingKey`. */
  readonly config: string;
  readonly signingKey: string;
  /** Of the new key; null when there was a signing key already, which is kept. */
  readonly fingerprint: string | null;
}

export const SIGNING_KEY_FILE = 'signing-key.asc';

const TEMPLATE = `# The configuration of mirror. What is relative here is relative to this file.
# \${NAME} in a value is filled in from the environment; $\${ stands for a plain \${.

# Packages, state and everything that is published. Give it a disk of its own.
storage: ./storage

# The key that signs what is published. Keep a copy of it: clients trust this key and no other.
signing:
  key: ${SIGNING_KEY_FILE}
  # passphraseFile: signing-passphrase

# http: { concurrency: 16, retries: 4, timeout: 30s, bandwidth: 0, proxy: null, ca: null }

# Upstreams. \`mirror add\` adds one here and keeps the comments.
mirrors:
  # docker:
  #   type: yum
  #   url: https://download.docker.com/linux/centos/$releasever/$basearch/stable/
  #   vars: { releasever: "9", basearch: x86_64 }
  #   keys: [https://download.docker.com/linux/centos/gpg]
  # ubuntu:
  #   type: apt
  #   url: http://archive.ubuntu.com/ubuntu
  #   suite: noble
  #   components: [main, universe]
  #   architectures: [amd64]
  #   keys: [/usr/share/keyrings/ubuntu-archive-keyring.gpg]
  #   filter: "socat | ebtables | ethtool | conntrack"   # left out: everything
  #   withDeps: true

# Names for several mirrors: mirror sync everything
# groups:
#   everything: [docker, ubuntu]

# What clients use: the mirrors' packages as signed repositories.
publications:
  # docker: { from: [docker] }
  # ubuntu: { from: [ubuntu], distribution: noble }

serve:
  # 0.0.0.0:8080 serves every address of this machine.
  listen: "127.0.0.1:8080"
`;

/**
 * Makes a directory with a commented configuration and a signing key. Nothing is overwritten: throws CONFIG_EXISTS when there is a
 * configuration; a signing key that is there already is kept.
 */
export async function initialize({ directory, userId, now }: InitOptions): Promise<InitReport> {
  try {
    await mkdir(directory, { recursive: true });
  } catch (error) {
    throw new MirrorError('STORAGE', `cannot make the directory ${directory}: ${reasonOf(error)}`, { cause: error });
  }
  const config = join(directory, 'mirror.yaml');
  await createConfigFile(config, TEMPLATE);
  const signingKey = join(directory, SIGNING_KEY_FILE);
  return { config, signingKey, ...(await ensureSigningKey(signingKey, userId, now)) };
}

/** Makes a signing key unless there is a file at the path, which is not looked into. */
export async function ensureSigningKey(path: string, userId: string, now: Date): Promise<Pick<InitReport, 'fingerprint'>> {
  try {
    const { fingerprint } = await createSigningKeyFile(path, { userId, algorithm: 'ed25519', time: now });
    return { fingerprint };
  } catch (error) {
    if (!isMirrorError(error, 'KEY_EXISTS')) throw error;
    return { fingerprint: null };
  }
}
