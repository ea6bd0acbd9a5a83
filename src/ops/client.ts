import type { FamilyName } from '../config/schema.ts';
import { MirrorError } from '../core/errors.ts';
import type { PublicationState } from '../store/catalogue.ts';

/** A file that goes onto a client. */
export interface ClientFile {
  readonly path: string;
  /** Text, or base64 of binary content. */
  readonly content: string;
  readonly encoding: 'text' | 'base64';
  /** Whether it is a part only, of a file that may be there with more in it. */
  readonly merge?: true | undefined;
}

/** What goes onto a client, and what to do there. */
export interface ClientParts {
  readonly files: readonly ClientFile[];
  /** Shell commands that finish it. */
  readonly commands: readonly string[];
  /** What a person should know: one sentence each. */
  readonly notes: readonly string[];
}

/** What to do on a client so that it installs from a publication. */
export interface ClientInstructions extends ClientParts {
  readonly publication: string;
  readonly family: FamilyName;
  /** Of the publication, ending in `/`. */
  readonly url: string;
}

export interface ClientOptions {
  /** Where clients reach the server, without a last `/`. */
  readonly serverUrl: string;
  readonly family: FamilyName;
  /** apt: the one-line format with a key file of its own, for apt before 2.3.10 (Debian 11, Ubuntu 20.04 and older). */
  readonly oneLine?: boolean | undefined;
  /** apt: the priority that clients are to give to everything in it (apt_preferences(5)). */
  readonly priority?: number | undefined;
}

/** Says how a client uses a publication. Throws USAGE when the publication is of another family. */
export function clientInstructions(publication: PublicationState, options: ClientOptions): ClientInstructions {
  const { name, family } = publication;
  if (family !== options.family) {
    throw new MirrorError('USAGE', `the publication ${name} is for ${family} clients, not for ${options.family}`, {
      hint: `Ask for it with --for ${family}.`,
    });
  }
  const server = options.serverUrl.replace(/\/+$/, '');
  const url = `${server}${publication.path === '/' ? '' : publication.path}/`;
  const common = { publication: name, family, url };
  if (family === 'yum') return { ...common, ...yumClient(publication, url, server) };
  const client = options.oneLine === true ? oneLineClient(publication, url) : deb822Client(publication, url);
  if (options.priority === undefined) return { ...common, ...client };
  return { ...common, ...client, files: [...client.files, preferences(publication, url, options.priority)] };
}

/** Instructions as lines that can be pasted into a root shell. A file that may be there with more in it is not overwritten. */
export function pasteable({ files, commands, notes }: ClientParts): string {
  const lines = notes.map((note) => `# ${note}\n`);
  for (const { path, content, encoding, merge } of files) {
    const directory = path.slice(0, path.lastIndexOf('/'));
    if (!EXISTING.has(directory)) lines.push(`mkdir -p -m 755 ${directory}\n`);
    const target = merge === true ? `"$(test -e ${path} && echo ${path}.mirror || echo ${path})"` : path;
    lines.push(`${encoding === 'base64' ? 'base64 -d' : 'cat'} > ${target} <<'EOF'\n${content}EOF\n`);
    if (merge === true) lines.push(`test ! -e ${path}.mirror || echo 'merge ${path}.mirror into ${path} by hand' >&2\n`);
  }
  return [...lines, ...commands.map((command) => `${command}\n`)].join('');
}

const KEYRINGS = '/etc/apt/keyrings';
/** Directories that every client of the kind has. */
const EXISTING: ReadonlySet<string> = new Set(['/etc/apt/sources.list.d', '/etc/apt/preferences.d', '/etc/yum.repos.d']);

/** sources.list(5), deb822 style. A key inside the file needs apt 2.3.10. */
function deb822Client(publication: PublicationState, url: string): ClientParts {
  const { distribution, components, publicKey } = publication;
  const types = publication.architectures.includes('source') ? 'deb deb-src' : 'deb';
  const fields = [`Types: ${types}`, `URIs: ${url}`, `Suites: ${distribution ?? ''}`];
  // A flat repository has none.
  if (components.length > 0) fields.push(`Components: ${components.join(' ')}`);
  const architectures = clientArchitectures(publication);
  if (architectures.length > 0) fields.push(`Architectures: ${architectures.join(' ')}`);
  fields.push(publicKey === undefined ? 'Trusted: yes' : `Signed-By:\n${indentKey(publicKey)}`);
  return {
    files: [{ path: `/etc/apt/sources.list.d/${fileName(publication)}.sources`, content: `${fields.join('\n')}\n`, encoding: 'text' }],
    commands: ['apt-get update'],
    notes: notesOf(publication),
  };
}

/** The format that every apt reads, with a binary keyring, which apt takes since 1.1. */
function oneLineClient(publication: PublicationState, url: string): ClientParts {
  const { distribution, components, publicKey } = publication;
  const keyring = `${KEYRINGS}/${fileName(publication)}.gpg`;
  const options: string[] = [];
  const architectures = clientArchitectures(publication);
  if (architectures.length > 0) options.push(`arch=${architectures.join(',')}`);
  options.push(publicKey === undefined ? 'trusted=yes' : `signed-by=${keyring}`);
  const source = `${[`[${options.join(' ')}]`, url, distribution ?? '', ...components].join(' ')}\n`;
  const types = publication.architectures.includes('source') ? ['deb', 'deb-src'] : ['deb'];
  const content = types.map((type) => `${type} ${source}`).join('');
  const files: ClientFile[] = [{ path: `/etc/apt/sources.list.d/${fileName(publication)}.list`, content, encoding: 'text' }];
  if (publicKey !== undefined) files.unshift({ path: keyring, content: armorBody(publicKey), encoding: 'base64' });
  return { files, commands: ['apt-get update'], notes: notesOf(publication) };
}

/** apt_preferences(5): by what the Release calls itself where that is enough to tell it from others, otherwise by the server's name. */
function preferences(publication: PublicationState, url: string, priority: number): ClientFile {
  const { origin, label, codename } = publication.release ?? {};
  const terms = Object.entries({ o: origin, l: label, n: codename }).flatMap(([key, value]) => {
    return value === undefined || value === '' || value.includes(',') ? [] : [`${key}=${value}`];
  });
  const pin = origin === undefined ? `origin "${new URL(url).hostname}"` : `release ${terms.join(',')}`;
  const content = `Package: *\nPin: ${pin}\nPin-Priority: ${priority}\n`;
  return { path: `/etc/apt/preferences.d/${fileName(publication)}.pref`, content, encoding: 'text' };
}

/** dnf.conf(5), and the same for yum. */
function yumClient(publication: PublicationState, url: string, server: string): ClientParts {
  const { signedBy, packagesSigned, packageKeys } = publication;
  const keys = new Set(signedBy === undefined ? [] : [signedBy]);
  if (packagesSigned) for (const key of packageKeys) keys.add(key.fingerprint);
  const lines = [
    `[${fileName(publication)}]`,
    `name=${publication.name}`,
    `baseurl=${url}`,
    'enabled=1',
    `gpgcheck=${packagesSigned ? 1 : 0}`,
    `repo_gpgcheck=${signedBy === undefined ? 0 : 1}`,
  ];
  const keyUrls = [...keys].map((fingerprint) => `${server}/-/keys/${fingerprint}.asc`);
  if (keyUrls.length > 0) lines.push(`gpgkey=${keyUrls.join('\n       ')}`);
  const notes = notesOf(publication);
  if (!packagesSigned && signedBy !== undefined) {
    notes.push('Not every package carries a signature of its own (gpgcheck=0): the signed metadata (repo_gpgcheck=1) vouches for them.');
  }
  return {
    files: [{ path: `/etc/yum.repos.d/${fileName(publication)}.repo`, content: `${lines.join('\n')}\n`, encoding: 'text' }],
    // The yum of EL 7 and older has no --repo; dnf answers to the name.
    commands: [`yum --disablerepo='*' --enablerepo=${fileName(publication)} makecache`],
    notes,
  };
}

function notesOf({ verified, signedBy, name }: PublicationState): string[] {
  const notes: string[] = [];
  if (!verified) notes.push(`WARNING: ${name} has packages of an upstream that was not verified (verify: []).`);
  if (signedBy === undefined) notes.push(`WARNING: ${name} is not signed: clients take whatever answers at this address.`);
  return notes;
}

/** What apt is to ask for; packages for all architectures come with each of them. */
function clientArchitectures({ architectures }: PublicationState): string[] {
  return architectures.filter((architecture) => architecture !== 'all' && architecture !== 'source');
}

/** As a multi-line field of deb822: every line indented, an empty one written as a dot. */
function indentKey(armored: string): string {
  return armored
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => (line.trim() === '' ? ' .' : ` ${line}`))
    .join('\n');
}

/** The base64 of an armored block: what is between its headers and its checksum. */
function armorBody(armored: string): string {
  const lines = armored.split(/\r?\n/);
  const start = lines.indexOf('') + 1;
  const end = lines.findIndex((line, index) => index >= start && (line.startsWith('=') || line.startsWith('-----')));
  return `${lines.slice(start, end).join('\n')}\n`;
}

/** apt passes over files whose names have other characters than these, or another ending than the usual one. */
function fileName({ name }: PublicationState): string {
  return name.replace(/[^a-zA-Z0-9._-]/g, '-');
}
