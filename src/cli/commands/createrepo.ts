import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { publicationClock } from '../../core/clock.ts';
import { MirrorError } from '../../core/errors.ts';
import type { CreaterepoOptions } from '../../ops/createrepo.ts';
import type { Host } from '../host.ts';
import { collect } from '../repeatable.ts';

const EXAMPLES = `
Options mean what they mean to createrepo_c. The old metadata is replaced in one step: who reads it meanwhile sees all of the old or all of the new.
Only with --simple-md-filenames is there a moment between two renames in which there is no repodata.
Packages that cannot be read are named and left out, and the exit status is 3. SOURCE_DATE_EPOCH sets the revision and the times.

Examples:
  mirror createrepo /srv/rpms
  mirror createrepo /srv/rpms --update                       after packages were added or taken away
  mirror createrepo /srv/rpms --compatibility                for EL 6 and 7: databases, too
  mirror createrepo /srv/rpms -g comps.xml -x '*.src.rpm'
`;

interface Flags {
  readonly update?: boolean;
  readonly skipStat?: boolean;
  readonly excludes: readonly string[];
  readonly skipSymlinks?: boolean;
  readonly pkglist?: string;
  readonly includepkg: readonly string[];
  readonly outputdir?: string;
  readonly groupfile?: string;
  readonly compressType: string;
  readonly generalCompressType?: string;
  readonly xz?: boolean;
  readonly checksum: string;
  readonly repomdChecksum?: string;
  readonly readPkgsList?: string;
  readonly baseurl?: string;
  readonly locationPrefix?: string;
  readonly cutDirs: number;
  readonly revision?: string;
  readonly setTimestampToRevision?: boolean;
  readonly retainOldMd?: number;
  readonly retainOldMdByAge?: number;
  readonly uniqueMdFilenames?: boolean;
  readonly simpleMdFilenames?: boolean;
  readonly database?: boolean;
  readonly compatibility?: boolean;
  readonly workers: number;
  readonly changelogLimit: number;
  readonly distro: readonly string[];
  readonly content: readonly string[];
  readonly repo: readonly string[];
  readonly discardAdditionalMetadata?: boolean;
}

export function addCreaterepoCommand(parent: Command, host: Host): void {
  const command = parent
    .command('createrepo')
    .description('make the metadata of a directory of RPM packages, as createrepo_c does; needs no configuration')
    .argument('<directory>', 'of packages; those below it, too');
  addSelection(command);
  addMetadata(command);
  addFiles(command);
  addFamiliar(command);
  command.addHelpText('after', EXAMPLES).action(
    host.run(async ({ io, options: { json, quiet }, report }, directory: string, flags: Flags) => {
      const options = optionsOf(flags, { cwd: io.cwd, directory, time: publicationClock(io.environment).now() });
      const [{ runCreaterepo }, { createrepoText }] = await Promise.all([
        import('../../ops/createrepo.ts'),
        json === true ? { createrepoText: () => '' } : import('../render/createrepo.ts'),
      ]);
      const done = await runCreaterepo(options, { report, signal: io.signal });
      const isWhole = done.unreadable.length === 0;
      return { value: done, text: quiet === true && isWhole ? '' : createrepoText(done), exitStatus: isWhole ? 0 : 3 };
    }),
  );
}

function addSelection(command: Command): void {
  command
    .option('--update', 'take over what the metadata that is there says of packages whose size and time have not changed')
    .option('--skip-stat', 'with --update: packages of the same name have not changed')
    .option('-x, --excludes <pattern>', 'leave out files and directories: * is any text, ? any character; repeatable', collect, [])
    .option('-i, --pkglist <file>', 'only the packages that a file lists, one in a line, relative to the directory')
    .option('-n, --includepkg <path>', 'only this package, or this besides those of --pkglist; repeatable', collect, [])
    .option('-S, --skip-symlinks', 'leave out packages that are symbolic links')
    .option('--read-pkgs-list <file>', 'write down which packages were read, and not taken over')
    .option('--workers <number>', 'threads that read packages', count(1), availableParallelism());
}

function addMetadata(command: Command): void {
  command
    .option('-g, --groupfile <file>', 'comps.xml, relative to the directory: groups of packages')
    .option('-s, --checksum <type>', 'sha256, sha512, sha384, sha224, sha1, or sha, its old name', 'sha256')
    .option('--repomd-checksum <type>', 'of the files of metadata, where it is another one than that of packages')
    .option('-u, --baseurl <url>', 'of all packages, where they are not beside the metadata')
    .option('--location-prefix <prefix>', 'before the path of each package')
    .option('--cut-dirs <number>', 'leave out so many directories of the path of each package', count(0), 0)
    .option('--changelog-limit <number>', 'changes of each package; -1 for all', count(-1), 10)
    .option('--revision <text>', 'of the repository; the time when left out')
    .option('--set-timestamp-to-revision', 'the times of all files of the metadata are the revision, in seconds since 1970')
    .option('--distro <tag>', 'the distribution that it is for: TEXT or CPEID,TEXT; repeatable', collect, [])
    .option('--content <tag>', 'what it contains; repeatable', collect, [])
    .option('--repo <tag>', 'what it is; repeatable', collect, [])
    .option('--keep-all-metadata', 'with --update: keep metadata besides packages (default)')
    .option('--discard-additional-metadata', 'with --update: drop metadata besides packages');
}

function addFiles(command: Command): void {
  command
    .option('-o, --outputdir <directory>', 'where repodata is made; the directory itself when left out')
    .option('--compress-type <type>', 'of groups, modules and databases: gz, xz or zstd', 'gz')
    .option('--general-compress-type <type>', 'of everything: gz, xz or zstd')
    .option('--xz', 'the same as --general-compress-type xz')
    .option('-d, --database', 'SQLite databases, too, for the yum of EL 6 and 7')
    .option('--no-database', 'no databases (default)')
    .option('--compatibility', 'for old clients: databases; --retain-old-md counts as it does in createrepo')
    .option('--retain-old-md <number>', '0: remove the old metadata (default); more: keep it', count(0))
    .option('--retain-old-md-by-age <age>', 'remove old metadata of more than 90m, 2h or 30d', age)
    .option('--unique-md-filenames', 'checksums in the names of files (default)')
    .option('--simple-md-filenames', 'no checksums in the names of files');
}

/** What scripts give createrepo_c, and what is no choice here. */
function addFamiliar(command: Command): void {
  command.option('-q, --quiet', 'no progress, and nothing where all packages could be read');
  const familiar = ['-v, --verbose', '-p, --pretty', '-c, --cachedir <directory>', '--local-sqlite', '--error-exit-val'];
  for (const flags of familiar) command.addOption(new Option(flags).hideHelp());
}

interface Place {
  readonly cwd: string;
  readonly directory: string;
  readonly time: Date;
}

function optionsOf(flags: Flags, { cwd, directory: given, time }: Place): CreaterepoOptions {
  const directory = resolve(cwd, given);
  const general = flags.xz === true ? 'xz' : flags.generalCompressType;
  const timestampFromRevision = flags.setTimestampToRevision === true;
  if (timestampFromRevision && !/^\d{1,11}$/.test(flags.revision ?? '')) {
    throw new MirrorError('USAGE', '--set-timestamp-to-revision needs a --revision in seconds since 1970', {
      hint: 'date +%s prints the time so.',
    });
  }
  if (flags.uniqueMdFilenames === true && flags.simpleMdFilenames === true) {
    throw new MirrorError('USAGE', '--unique-md-filenames and --simple-md-filenames exclude each other');
  }
  return {
    directory,
    outputDirectory: flags.outputdir === undefined ? directory : resolve(cwd, flags.outputdir),
    update: flags.update === true,
    skipStat: flags.skipStat === true,
    excludes: flags.excludes,
    skipSymlinks: flags.skipSymlinks === true,
    packageList: flags.pkglist === undefined ? undefined : resolve(cwd, flags.pkglist),
    includePackages: flags.includepkg,
    groupFile: flags.groupfile === undefined ? undefined : resolve(directory, flags.groupfile),
    compression: compressionOf(general ?? 'gz', general === undefined ? '' : '--general-compress-type'),
    furtherCompression: compressionOf(general ?? flags.compressType, '--compress-type'),
    checksum: checksumOf(flags.checksum, '--checksum'),
    metadataChecksum: checksumOf(flags.repomdChecksum ?? flags.checksum, '--repomd-checksum'),
    readList: flags.readPkgsList === undefined ? undefined : resolve(cwd, flags.readPkgsList),
    baseUrl: flags.baseurl?.replace(/^\//, 'file:///'),
    locationPrefix: flags.locationPrefix ?? '',
    cutDirs: flags.cutDirs,
    revision: flags.revision,
    timestampFromRevision,
    retention: retentionOf(flags),
    uniqueNames: flags.simpleMdFilenames !== true,
    database: flags.database ?? flags.compatibility === true,
    workers: flags.workers,
    changelogLimit: flags.changelogLimit === -1 ? undefined : flags.changelogLimit,
    tags: { content: flags.content, repo: flags.repo, distro: flags.distro.map(distroTag) },
    keepFurther: flags.discardAdditionalMetadata !== true,
    time,
  };
}

const COMPRESSIONS = { gz: 'gz', xz: 'xz', zst: 'zst', zstd: 'zst' } as const;

function compressionOf(given: string, option: string): CreaterepoOptions['compression'] {
  if (given in COMPRESSIONS) return COMPRESSIONS[given as keyof typeof COMPRESSIONS];
  throw new MirrorError('USAGE', `${option} cannot be "${given}": gz, xz and zstd can be written`, {
    hint: given === 'bz2' ? 'gz is read by every client that reads bz2.' : undefined,
  });
}

const CHECKSUMS = {
  sha: 'sha1',
  sha1: 'sha1',
  sha224: 'sha224',
  sha256: 'sha256',
  sha384: 'sha384',
  sha512: 'sha512',
  md5: 'md5',
} as const;

function checksumOf(given: string, option: string): CreaterepoOptions['checksum'] {
  if (given in CHECKSUMS) return { algorithm: CHECKSUMS[given as keyof typeof CHECKSUMS], name: given };
  throw new MirrorError('USAGE', `${option} cannot be "${given}": there are ${Object.keys(CHECKSUMS).join(', ')}`);
}

function retentionOf({ compatibility, retainOldMd, retainOldMdByAge }: Flags): CreaterepoOptions['retention'] {
  if (retainOldMd !== undefined && retainOldMdByAge !== undefined) {
    throw new MirrorError('USAGE', '--retain-old-md and --retain-old-md-by-age exclude each other');
  }
  if (retainOldMdByAge !== undefined) return { kind: 'age', milliseconds: retainOldMdByAge };
  if (retainOldMd === undefined || retainOldMd === 0) return { kind: 'none' };
  return compatibility === true ? { kind: 'newest', count: retainOldMd } : { kind: 'all' };
}

function distroTag(given: string): { cpeid?: string; text: string } {
  const comma = given.indexOf(',');
  return comma === -1 ? { text: given } : { cpeid: given.slice(0, comma), text: given.slice(comma + 1) };
}

function count(least: number): (text: string) => number {
  return (text) => {
    if (!/^-?\d{1,9}$/.test(text) || Number(text) < least) throw new InvalidArgumentError(`It is a whole number of at least ${least}.`);
    return Number(text);
  };
}

const UNITS: Readonly<Record<string, number>> = { '': 1, m: 60, h: 3600, d: 86_400 };

/** In milliseconds. */
function age(text: string): number {
  const [, number, unit] = /^(\d{1,9})([mhd]?)$/.exec(text) ?? [];
  if (number === undefined || unit === undefined)
    throw new InvalidArgumentError('It is a number with m, h or d for minutes, hours or days.');
  return Number(number) * (UNITS[unit] ?? 1) * 1000;
}
