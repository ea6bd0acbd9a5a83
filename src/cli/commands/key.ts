import { dirname, join, relative, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { LoadedConfig } from '../../config/load.ts';
import { isMirrorError } from '../../core/errors.ts';
import type { SigningAlgorithm } from '../../openpgp/generate-key.ts';
import type { Host } from '../host.ts';
import type { Session } from '../session.ts';
import { defaultUserId } from '../user-id.ts';

interface GenerateFlags {
  readonly algorithm: SigningAlgorithm;
  readonly userId?: string;
  readonly output?: string;
}

export function addKeyCommand(parent: Command, host: Host): void {
  const key = parent.command('key').description('OpenPGP keys: the one that signs, and those of upstreams');
  addGenerate(key, host);
  addImport(key, host);

  key
    .command('export')
    .description('print the public key that clients need')
    .action(
      host.run(async ({ config, io }) => {
        const { signingKey } = await import('../../ops/keys.ts');
        const exported = await signingKey((await config()).config, io.environment);
        return { value: exported, text: exported.publicKey };
      }),
    );

  key
    .command('list')
    .description('list the signing key and the keys that upstreams are checked against')
    .action(
      host.run(async (session) => {
        const [{ config }, { listKeys }, { keyTable }] = await Promise.all([
          session.config(),
          import('../../ops/keys.ts'),
          import('../render/keys.ts'),
        ]);
        const keys = await listKeys(config, await session.catalogue(), session.io.environment);
        return { value: keys, text: keyTable(keys) };
      }),
    );
}

function addGenerate(parent: Command, host: Host): void {
  parent
    .command('generate')
    .description('make a signing key, in a file that only its owner can read')
    .addOption(new Option('--algorithm <name>', 'of the key').choices(['ed25519', 'rsa4096']).default('ed25519'))
    .option('--user-id <name>', '"Name <mail@example.org>", or a name')
    .option('--output <file>', 'default: signing.key of the configuration, or signing-key.asc')
    .addHelpText(
      'after',
      '\nThe environment variable MIRROR_PASSPHRASE protects the key with a passphrase. Clients older than Ubuntu 18.04 and CentOS 8 need rsa4096.',
    )
    .action(
      host.run(async (session, flags: GenerateFlags) => {
        const loaded = await configIfAny(session);
        const directory = loaded === undefined ? session.io.cwd : dirname(loaded.path);
        const path =
          flags.output === undefined
            ? (loaded?.config.signing?.key ?? join(directory, 'signing-key.asc'))
            : resolve(session.io.cwd, flags.output);
        const { createSigningKeyFile } = await import('../../ops/signing.ts');
        const { fingerprint, publicKey } = await createSigningKeyFile(path, {
          algorithm: flags.algorithm,
          userId: flags.userId ?? defaultUserId(),
          time: session.clock.now(),
          passphrase: session.io.environment['MIRROR_PASSPHRASE'],
        });
        const isConfigured = loaded?.config.signing?.key === path;
        const next = isConfigured ? '' : `\nName it in the configuration:\n\nsigning:\n  key: ${path}\n`;
        return { value: { path, fingerprint, publicKey }, text: `Signing key  ${path}\nFingerprint  ${fingerprint}\n${next}` };
      }),
    );
}

function addImport(parent: Command, host: Host): void {
  parent
    .command('import')
    .description("trust an upstream's key: pin the one at a URL or of a PPA, or copy a file beside the configuration")
    .argument('<url-or-file>', 'of one or several public keys, armored or binary; or ppa:OWNER/NAME')
    .option('--accept', 'also when the key at the URL is another than the one that was pinned')
    .action(
      host.run(async (session, source: string, flags: { readonly accept?: boolean }) => {
        const { keyLines } = await import('../render/keys.ts');
        if (/^(https?:\/\/|ppa:)/i.test(source)) {
          const { refreshPinnedKey } = await import('../../ops/trusted-keys.ts');
          const { catalogue, fetcher, report, signal, clock } = await session.context();
          const options = { name: '', catalogue, fetcher, report, signal, clock, accept: flags.accept === true };
          const { status, keys } = await refreshPinnedKey(source, options);
          return { value: { source, status, keys }, text: `${status}: ${source}\n${keyLines(keys)}` };
        }
        const { importKeyFile } = await import('../../ops/keys.ts');
        const loaded = await session.config();
        const { path, keys } = await importKeyFile(resolve(session.io.cwd, source), loaded);
        const entry = relative(dirname(loaded.path), path);
        return {
          value: { source, path, keys },
          text: `${path}\n${keyLines(keys)}\nName it under the mirrors that trust it:\n\n    keys: [${entry}]\n`,
        };
      }),
    );
}

/** A key can be made before there is a configuration. */
async function configIfAny(session: Session): Promise<LoadedConfig | undefined> {
  try {
    return await session.config();
  } catch (error) {
    if (isMirrorError(error, 'CONFIG_NOT_FOUND') && session.options.config === undefined) return undefined;
    throw error;
  }
}
