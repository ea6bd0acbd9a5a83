import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** GnuPG with a home of its own. */
export interface GnuPg {
  readonly home: string;
  /** Writes a file into the home and gives its path. */
  file(name: string, content: string | Uint8Array): string;
  gpg(args: readonly string[], input?: string | Uint8Array): Buffer;
  /** Makes a key from lines as in "Unattended key generation" of the manual, and gives its fingerprint. */
  makeKey(lines: readonly string[], options?: readonly string[]): string;
  /** What gpgv says of a signature, on its standard error; throws when it does not accept it. */
  gpgv(publicKey: string, files: readonly string[]): string;
  /** Ends the agent and removes the home. */
  close(): void;
}

export function openGnuPg(): GnuPg {
  const home = mkdtempSync(join(tmpdir(), 'mirror-gpg-'));
  const run = (program: string, args: readonly string[], input?: string | Uint8Array): Buffer =>
    execFileSync(program, [...args], { input, env: { ...process.env, GNUPGHOME: home }, stdio: ['pipe', 'pipe', 'pipe'] });
  const gpg = (args: readonly string[], input?: string | Uint8Array): Buffer =>
    run('gpg', ['--batch', '--quiet', '--yes', '--pinentry-mode', 'loopback', '--passphrase', '', ...args], input);
  const file = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(home, name), content);
    return join(home, name);
  };
  return {
    home,
    file,
    gpg,
    makeKey(lines, options = []) {
      const text = ['%no-protection', ...lines, '%commit', ''].join('\n');
      const status = gpg([...options, '--status-fd', '1', '--gen-key'], text).toString();
      const fingerprint = /KEY_CREATED \w ([0-9A-F]{40})/.exec(status)?.[1];
      if (fingerprint === undefined) throw new Error(`gpg made no key: ${status}`);
      return fingerprint;
    },
    gpgv(publicKey, files) {
      const keyring = file('gpgv-keyring.gpg', run('gpg', ['--dearmor'], publicKey));
      return run('sh', ['-c', 'exec gpgv --keyring "$0" "$@" 2>&1', keyring, ...files]).toString();
    },
    close() {
      run('gpgconf', ['--kill', 'all']);
      rmSync(home, { recursive: true, force: true });
    },
  };
}
