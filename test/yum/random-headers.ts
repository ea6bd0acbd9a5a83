import { type MadeValue, makeRpm } from './made-rpm.ts';
import type { Random } from './random.ts';

const WORDS = [
  'alpha',
  'beta',
  'gamma-libs',
  'delta(x86-64)',
  'libfoo.so.1()(64bit)',
  '/usr/bin/tool',
  '/etc/tool.conf',
  '/opt/data',
  'a&b<c>"d\'',
];
/** Bytes as they are in the header, one for each character: UTF-8, ISO 8859-1, and neither. */
const TEXTS = [
  'plain',
  '',
  ' ',
  'two  \n lines\t\n',
  'with\rreturn',
  'M\xc3\xbcller & S\xc3\xb6hne <x>',
  'M\xfcller \xa9 1999',
  '\x93quoted\x94',
  '\xf0\x9f\x98\x80',
  '"quoted"',
];
const VERSIONS = ['', '1', '1.0-1', '2:1.0-1', '0:3~rc1', ':4-5', '1.0-1-2', 'x:1', '1^git+5', '10:2-', '1.0-1.el8&'];
const C_LIBRARIES = [
  'libc.so.6',
  'libc.so.6()(64bit)',
  'libc.so.6(GLIBC_2.4)(64bit)',
  'libc.so.6(GLIBC_2.34)(64bit)',
  'libc.so.6(GLIBC_2.3.4)',
  'libc.so.6(GLIBC_ABI_DT_RELR)(64bit)',
];
const RANGES = [0, 0, 2, 4, 8, 10, 12, 8];
const EXTRA_FLAGS = [0, 0, 0, 0x40, 0x100, 0x200, 0x400, 0x800, 0x1000, 0x4000, 0x80000];

/** Name, flags and version tags of each kind of relation. */
const RELATIONS: readonly (readonly [number, number, number])[] = [
  [1047, 1112, 1113],
  [1054, 1053, 1055],
  [1090, 1114, 1115],
  [5046, 5048, 5047],
  [5049, 5051, 5050],
  [5052, 5054, 5053],
  [5055, 5057, 5056],
  [1156, 1158, 1157],
  [1159, 1161, 1160],
];

/** A package that rpmbuild would not build: what other builders, old ones, or nobody would put into a header. */
export function randomPackage(random: Random, name: string): Buffer {
  const entries: Record<number, MadeValue> = {};
  const provided = addRelations(random, entries, name);
  addRequirements(random, entries, provided);
  const locales = random.oneIn(4) ? ['de', 'C', 'fr'] : ['C'];
  const translated = (): MadeValue => ({ translations: locales.map(() => random.pick(TEXTS)) });
  Object.assign(entries, {
    100: locales,
    1000: name,
    1001: random.pick(['1', '2.0~rc1', '3^git1', '1.0+dfsg']),
    1002: random.pick(['1', '1.el9', '0.1~2']),
    1004: translated(),
    1005: translated(),
    1016: translated(),
    1022: random.pick(['x86_64', 'noarch', 'i686']),
  });
  for (const tag of [1007, 1011, 1014, 1015, 1020]) if (!random.oneIn(3)) entries[tag] = random.pick(TEXTS);
  if (random.oneIn(3)) entries[1003] = { int32: [random.below(5)] };
  if (!random.oneIn(5)) entries[1006] = { int32: [1_600_000_000 + random.below(1e6)] };
  if (random.oneIn(4)) entries[5009] = { int64: [2 ** 33 + random.below(1e6)] };
  else entries[1009] = { int32: [random.below(2 ** 32)] };
  if (random.oneIn(6)) entries[1106] = { int32: [1] };
  else if (!random.oneIn(10)) entries[1044] = 'made-1-1.src.rpm';
  const isOld = random.oneIn(8);
  addFiles(random, entries, isOld);
  addChangelogs(random, entries);
  const signature: Record<number, MadeValue> = random.oneIn(4)
    ? { 271: { int64: [2 ** 34] }, 1000: { int32: [9] } }
    : { 1000: { int32: [9] } };
  if (random.oneIn(2) && signature[271] === undefined) signature[1007] = { int32: [random.below(2 ** 32)] };
  return makeRpm({ entries, signature, payload: name, withoutRegions: isOld });
}

function addRelations(random: Random, entries: Record<number, MadeValue>, name: string): [string, number, string][] {
  let provided: [string, number, string][] = [];
  for (const tags of RELATIONS) {
    const list = random.some(tags[0] > 1150 && tags[0] < 1170 ? 2 : 5, (): [string, number, string] => [
      random.pick([...WORDS, name, '(alpha if beta)', 'caf\xe9', 'caf\xc3\xa9']),
      random.pick(RANGES) | (random.oneIn(2) ? 1 << 27 : 0),
      random.pick(VERSIONS),
    ]);
    if (tags[0] === 1047) provided = list;
    put(entries, tags, list);
  }
  return provided;
}

/** Many that are repeated, are the package's own, or of the C library. */
function addRequirements(random: Random, entries: Record<number, MadeValue>, provided: readonly [string, number, string][]): void {
  const list = random.some(14, (): [string, number, string] => {
    const flags = random.pick(RANGES) | random.pick(EXTRA_FLAGS);
    if (random.oneIn(4)) return [random.pick(C_LIBRARIES), 0x4000, ''];
    if (random.oneIn(8)) return ['rpmlib(CompressedFileNames)', 0x100000a, '3.0.4-1'];
    if (random.oneIn(4) && provided.length > 0) return random.pick(provided);
    return [random.pick(WORDS), flags, random.pick(VERSIONS)];
  });
  put(entries, [1049, 1048, 1050], list);
}

function put(entries: Record<number, MadeValue>, tags: readonly [number, number, number], list: readonly [string, number, string][]): void {
  if (list.length === 0) return;
  entries[tags[0]] = list.map(([name]) => name);
  entries[tags[1]] = { int32: list.map(([, flags]) => flags) };
  entries[tags[2]] = list.map(([, , version]) => version);
}

const DIRECTORIES = ['/usr/bin/', '/etc/', '/opt/a&b/', '/usr/share/caf\xe9/', '/usr/share/caf\xc3\xa9/', '/usr/lib/', '/var/lib/bin/x/'];
const BASES = ['tool', 'sendmail', 'caf\xe9', 'caf\xc3\xa9', 'a b', 'x<y', 'tool.conf', '"q"'];

/** @param isOld whether in the way of format v3, with whole paths. */
function addFiles(random: Random, entries: Record<number, MadeValue>, isOld: boolean): void {
  const files = random.some(8, () => ({
    directory: random.pick(DIRECTORIES),
    base: random.pick(BASES),
    mode: random.pick([0o100644, 0o100755, 0o040755, 0o120777, 0o100644]),
    flags: random.pick([0, 0, 1, 0x40, 0x42, 0x10]),
  }));
  if (files.length === 0) return;
  const directories = [...new Set(files.map(({ directory }) => directory))];
  entries[1030] = { int16: files.map(({ mode }) => mode) };
  if (!random.oneIn(12)) entries[1035] = files.map(() => '');
  entries[1037] = { int32: files.map(({ flags }) => flags) };
  if (isOld) {
    entries[1027] = files.map(({ directory, base }) => directory + base);
    return;
  }
  entries[1116] = { int32: files.map(({ directory }) => directories.indexOf(directory)) };
  entries[1117] = files.map(({ base }) => base);
  entries[1118] = directories;
}

function addChangelogs(random: Random, entries: Record<number, MadeValue>): void {
  let time = 1_700_000_000;
  const logs = random.some(14, () => {
    time -= random.pick([0, 0, 1, 2, 86_400]);
    return { time: random.oneIn(20) ? time + 100 : time, author: `${random.pick(TEXTS)}  `, text: random.pick(TEXTS) };
  });
  if (logs.length === 0) return;
  entries[1080] = { int32: logs.map((log) => log.time) };
  entries[1081] = logs.map(({ author }) => author);
  entries[1082] = logs.map(({ text }) => text);
}
