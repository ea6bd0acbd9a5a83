import { type ArMember, readAr } from '../../codec/ar.ts';
import { type Compression, extensionOf } from '../../codec/compression.ts';
import { collect, decompress } from '../../codec/decompress.ts';
import { readTar, type TarEntry } from '../../codec/tar.ts';
import type { TarEntryType } from '../../codec/tar-header.ts';
import { MirrorError } from '../../core/errors.ts';
import { type ControlFile, parseControlFile } from './control-file.ts';
import { packagedPath } from './packaged-path.ts';

const MiB = 1024 * 1024;
/** Most that is read of each part, unpacked, in bytes: none is known that comes near. */
const MAX_VERSION = 1024;
const MAX_CONTROL_FILE = 4 * MiB;
const MAX_CONTROL_TAR = 512 * MiB;
const MAX_DATA_TAR = 64 * 1024 * MiB;
const MAX_ENTRIES = 4_000_000;

/** Of the data part. */
const COMPRESSIONS: readonly Compression[] = ['none', 'gz', 'xz', 'zst', 'bz2', 'lzma'];
const FOR_CONTROL: readonly Compression[] = ['none', 'gz', 'xz', 'zst'];

/** A file, directory or link that a package installs. */
export interface PackagedEntry {
  /** Relative to the root of the file system, without `./` and without a slash at its end; empty for the root itself. */
  readonly path: Buffer;
  readonly type: TarEntryType;
  /** In bytes. */
  readonly size: number;
  /** What a link names, as it is in the package; empty for what is none. */
  readonly target: Buffer;
}

/**
 * Reads a binary package (deb(5), format 2; .deb, .udeb and .ddeb alike) once through, to its last byte, and gives what its control file says. Its parts must come
 * in the order and in the compressions that dpkg-deb takes, each sound and whole. METADATA_INVALID, DECOMPRESS_* or PATH_UNSAFE otherwise, also for contents that
 * dpkg does not unpack: pax headers, sparse files, names with line breaks.
 * @param what names the file in errors.
 * @param visit called for everything that the package installs, in its order.
 */
export async function readDebFile(
  source: AsyncIterable<Uint8Array>,
  what: string,
  visit: (entry: PackagedEntry) => void = () => undefined,
): Promise<ControlFile> {
  const invalid = (why: string): MirrorError => new MirrorError('METADATA_INVALID', `${what} ${why}`);
  let versioned = false;
  let control: ControlFile | undefined;
  let complete = false;
  for await (const member of readAr(source, what)) {
    if (!versioned) {
      await checkFormat(member, what);
      versioned = true;
    } else if (member.name.startsWith('control.tar')) {
      if (control !== undefined) throw invalid('has its control part twice');
      control = await readControl(member, what);
    } else if (member.name.startsWith('data.tar')) {
      if (control === undefined) throw invalid('has its data part before its control part');
      if (complete) throw invalid('has its data part twice');
      await readData(member, { what, visit });
      complete = true;
    } else if (!complete && !member.name.startsWith('_')) {
      // dpkg-deb passes over names with an underscore, and reads nothing after the data part.
      throw invalid(`has "${member.name}" where its ${control === undefined ? 'control' : 'data'} part should be`);
    }
  }
  if (!versioned) throw invalid('is an empty archive and no package');
  if (control === undefined) throw invalid('has no control part');
  if (!complete) throw invalid('has no data part');
  return control;
}

async function checkFormat(member: ArMember, what: string): Promise<void> {
  if (member.name !== 'debian-binary') {
    throw new MirrorError('METADATA_INVALID', `${what} is no Debian package: it begins with "${member.name}", not with debian-binary`);
  }
  const text = (await collect(member.content, MAX_VERSION, `debian-binary of ${what}`)).toString('latin1');
  if (!/^2\.\d{1,4}\n/.test(text)) {
    const [line = ''] = text.split('\n', 1);
    throw new MirrorError('METADATA_INVALID', `${what} is a package of the format "${line.slice(0, 50)}"; only 2.x is known`);
  }
}

async function readControl(member: ArMember, what: string): Promise<ControlFile> {
  const compression = compressionOf(member, { part: 'control.tar', known: FOR_CONTROL, what });
  const part = `control.tar of ${what}`;
  let control: Buffer | undefined;
  for await (const entry of entriesOf(member, compression, { what: part, maxSize: MAX_CONTROL_TAR })) {
    if (packagedPath(entry.path, part).toString('latin1') !== 'control') continue;
    if (entry.type !== 'file') throw new MirrorError('METADATA_INVALID', `${part} has a control that is no file`);
    if (control !== undefined) throw new MirrorError('METADATA_INVALID', `${part} has its control file twice`);
    control = await collect(entry.content, MAX_CONTROL_FILE, `the control file of ${what}`);
  }
  if (control === undefined) throw new MirrorError('METADATA_INVALID', `${part} has no control file`);
  return parseControlFile(control, what);
}

interface DataReading {
  readonly what: string;
  readonly visit: (entry: PackagedEntry) => void;
}

async function readData(member: ArMember, { what, visit }: DataReading): Promise<void> {
  const part = `data.tar of ${what}`;
  const compression = compressionOf(member, { part: 'data.tar', known: COMPRESSIONS, what });
  for await (const entry of entriesOf(member, compression, { what: part, maxSize: MAX_DATA_TAR })) {
    if (entry.pax) {
      throw new MirrorError('METADATA_INVALID', `${part} has pax headers, which dpkg does not unpack`, {
        hint: 'Build the package anew with dpkg-deb, or with a tool that writes GNU tar.',
      });
    }
    if (entry.type === 'hardlink') packagedPath(entry.target, part);
    visit({ path: packagedPath(entry.path, part), type: entry.type, size: entry.size, target: entry.target });
  }
}

async function* entriesOf(
  member: ArMember,
  compression: Compression,
  limit: { readonly what: string; readonly maxSize: number },
): AsyncGenerator<TarEntry> {
  let count = 0;
  for await (const entry of readTar(decompress(member.content, compression, limit), limit.what)) {
    if (++count > MAX_ENTRIES) throw new MirrorError('METADATA_INVALID', `${limit.what} has more than ${MAX_ENTRIES} entries`);
    yield entry;
  }
}

interface PartOf {
  readonly part: 'control.tar' | 'data.tar';
  /** What dpkg-deb reads there. */
  readonly known: readonly Compression[];
  readonly what: string;
}

function compressionOf({ name }: ArMember, { part, known, what }: PartOf): Compression {
  const compression = known.find((one) => name === `${part}${extensionOf(one)}`);
  if (compression !== undefined) return compression;
  throw new MirrorError('METADATA_INVALID', `${what} has "${name}", compressed in a way that dpkg-deb does not read there`);
}
