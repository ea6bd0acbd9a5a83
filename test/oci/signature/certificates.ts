import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { succeed } from '../../support/program.ts';

/** A certificate with its key. */
export interface Issued {
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
  readonly name: string;
}

export interface CertificateRequest {
  /** Of openssl: `rsa:2048`, or the name of a curve. */
  readonly key: string;
  /** Lines of an extension section of openssl.cnf. */
  readonly extensions: readonly string[];
  /** Itself, where there is none. */
  readonly issuer?: Issued | undefined;
  readonly digest?: string;
  /** How long it is valid, from now. */
  readonly days?: number;
}

export const AUTHORITY = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
export const SIGNER = ['basicConstraints=critical,CA:FALSE', 'keyUsage=critical,digitalSignature', 'extendedKeyUsage=codeSigning'];

/** Issues certificates by openssl, in a directory of its own. */
export class CertificateMaker {
  readonly #directory: string;
  #made = 0;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async start(): Promise<CertificateMaker> {
    return new CertificateMaker(await mkdtemp(join(tmpdir(), 'mirror-certificates-')));
  }

  async issue(name: string, { key, extensions, issuer, digest = 'sha256', days = 30 }: CertificateRequest): Promise<Issued> {
    this.#made++;
    const file = (ending: string): string => join(this.#directory, `${this.#made}.${ending}`);
    const kind = key.startsWith('rsa:')
      ? ['-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${key.slice('rsa:'.length)}`]
      : ['-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${key}`];
    await succeed('openssl', ['genpkey', ...kind, '-out', file('key')]);
    await succeed('openssl', ['req', '-new', '-key', file('key'), '-subj', `/CN=${name}`, '-out', file('csr')]);
    await writeFile(file('cnf'), `${extensions.join('\n')}\n`);
    const by =
      issuer === undefined
        ? ['-signkey', file('key')]
        : [
            '-CA',
            join(this.#directory, `${issuer.name}.pem`),
            '-CAkey',
            join(this.#directory, `${issuer.name}.key.pem`),
            '-CAcreateserial',
          ];
    await succeed('openssl', [
      'x509',
      '-req',
      '-in',
      file('csr'),
      ...by,
      '-days',
      String(days),
      `-${digest}`,
      '-extfile',
      file('cnf'),
      '-out',
      file('pem'),
    ]);
    const [pem, keyPem] = [await readFile(file('pem'), 'utf8'), await readFile(file('key'), 'utf8')];
    const issued = { certificate: new X509Certificate(pem), key: createPrivateKey(keyPem), name: String(this.#made) };
    await writeFile(join(this.#directory, `${issued.name}.key.pem`), keyPem);
    return issued;
  }

  async end(): Promise<void> {
    await rm(this.#directory, { recursive: true });
  }
}
