import type { QuerySubject, Relation } from '../query/subject.ts';
import { isSourceArchitecture } from './architecture.ts';
import { labelOf, type YumCandidate } from './candidate.ts';
import { filelistsPaths } from './dependencies/filelists.ts';
import { EQUAL, formatCapability, GREATER, LESS, rangesOverlap } from './format/dependencies.ts';
import { type PackageField, readPackageField } from './format/repodata/package-field.ts';
import { RELATION_KINDS, readRelations, visitRelations } from './format/repodata/relations.ts';
import { formatEvr, parseEvr } from './format/version.ts';
import { XmlScanner } from './format/xml/xml-scanner.ts';
import { decodeXml, escapeAttribute } from './format/xml/xml-text.ts';
import { type CandidateModule, moduleLabel } from './modules/candidate-module.ts';

const FLAGS: Readonly<Record<Relation, number>> = { '<<': LESS, '<=': LESS | EQUAL, '=': EQUAL, '>=': GREATER | EQUAL, '>>': GREATER };

/** Fields of primary by what a query may call them, in lower case. */
const FIELDS: Readonly<Record<string, PackageField>> = {
  summary: 'summary',
  description: 'description',
  packager: 'packager',
  url: 'url',
  license: 'license',
  vendor: 'vendor',
  group: 'group',
  buildhost: 'buildhost',
  sourcerpm: 'sourcerpm',
  source: 'sourcerpm',
};

/** Fields of the modules that a package belongs to, in lower case. */
const OF_MODULE: Readonly<Record<string, (module: CandidateModule) => string>> = {
  module: moduleLabel,
  stream: ({ stream }) => stream,
  modulecontext: ({ context }) => context,
};

const scanner = new XmlScanner();

/**
 * What a query sees of a package. Fields, whatever the case: Name, Version ([epoch:]version-release), Release, Epoch, Architecture, Size,
 * Location, Checksum, Summary, Description, Packager, URL, License, Vendor, Group, BuildHost, SourceRPM; as lists the relations (Provides,
 * Requires, ...), Module (name:stream:version:context), Stream and ModuleContext, and Files, those that primary names where no others are
 * stored; by the names that dnf has for them also evr, nevra, nvr, nvra, repoid and `rpm:version`, which is the version alone; and the special
 * ones: `$Source` and `$SourceVersion`, empty for source packages, and `$PackageType` (rpm or source).
 */
export function packageSubject(candidate: YumCandidate): QuerySubject {
  return {
    name: candidate.name,
    version: candidate.version,
    architecture: isSourceArchitecture(candidate.architecture) ? 'source' : candidate.architecture,
    field: (name) => fieldOf(candidate, name.toLowerCase()),
    values: (name) => valuesOf(candidate, name.toLowerCase()),
    satisfies(name, relation, version) {
      const wanted =
        relation === undefined || version === undefined
          ? { name, flags: 0, evr: undefined }
          : { name, flags: FLAGS[relation], evr: parseEvr(version) };
      if (candidate.name === name && rangesOverlap({ name, flags: EQUAL, evr: parseEvr(candidate.version) }, wanted)) return true;
      // Most packages do not even mention the name; finding that out is much faster than reading their relations.
      if (!candidate.element.includes(`"${escapeAttribute(name)}"`) && !name.includes("'")) return false;
      return readRelations(scanner, candidate.element, 'provides').some(
        (provided) => provided.name === name && rangesOverlap(provided, wanted) && (wanted.flags === 0 || provided.flags !== 0),
      );
    },
  };
}

/** The fields that `describePackage` shows, in its order. */
const DESCRIBED = [
  ...['Name', 'Epoch', 'Version', 'Release', 'Architecture', 'Size', 'Location', 'Checksum', 'Summary', 'License', 'Vendor', 'Packager'],
  ...['Group', 'URL', 'SourceRPM', 'BuildHost', 'Provides', 'Requires', 'Conflicts', 'Obsoletes', 'Recommends', 'Suggests', 'Supplements'],
  ...['Enhances', 'Module', 'Description'],
];

/** What primary says of a package as lines of `Field: value`; the lines of a description after its first are indented. */
export function describePackage(candidate: YumCandidate): string {
  const lines = DESCRIBED.map((field) => {
    const value = fieldOf(candidate, field === 'Version' ? 'rpm:version' : field.toLowerCase());
    return value === undefined ? '' : `${field}: ${value.replaceAll('\n', '\n ')}\n`;
  });
  return lines.join('');
}

function fieldOf(candidate: YumCandidate, name: string): string | undefined {
  const list = listOf(candidate, name);
  if (list !== undefined) return list.length === 0 ? undefined : list.join(', ');
  const { architecture } = candidate;
  const evr = parseEvr(candidate.version);
  const vr = formatEvr({ ...evr, epoch: '0' });
  switch (name) {
    case 'name':
    case 'package':
      return candidate.name;
    case 'version':
    case 'evr':
      return candidate.version;
    case 'rpm:version':
      return evr.version;
    case 'epoch':
      return evr.epoch;
    case 'release':
      return evr.release;
    case 'nevra':
      return labelOf(candidate);
    case 'nvr':
      return `${candidate.name}-${vr}`;
    case 'nvra':
      return `${candidate.name}-${vr}.${architecture}`;
    case 'architecture':
    case 'arch':
      return architecture;
    case 'size':
      return String(candidate.size);
    case 'location':
    case 'filename':
      return candidate.location;
    case 'checksum':
      return candidate.checksums[0]?.value;
    case 'repoid':
    case 'reponame':
      return candidate.mirror;
    case '$source':
      return isSourceArchitecture(architecture) ? '' : (sourceOf(candidate)?.name ?? candidate.name);
    case '$sourceversion':
      return isSourceArchitecture(architecture) ? '' : (sourceOf(candidate)?.version ?? candidate.version);
    case '$packagetype':
      return isSourceArchitecture(architecture) ? 'source' : 'rpm';
    default: {
      const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
      return field === undefined ? undefined : readPackageField(scanner, candidate.element, field);
    }
  }
}

/** Relations as rpm writes them, or files; undefined for what is no list. */
function listOf({ element, modules, storedFilelists }: YumCandidate, name: string): string[] | undefined {
  if (Object.hasOwn(OF_MODULE, name)) return [...new Set(modules?.map((module) => OF_MODULE[name]?.(module) ?? ''))];
  const kind = RELATION_KINDS.find((known) => known === name);
  if (kind !== undefined) return readRelations(scanner, element, kind).map(formatCapability);
  if (name !== 'files') return undefined;
  const filelists = storedFilelists?.();
  if (filelists !== undefined) return filelistsPaths(filelists);
  const files: string[] = [];
  visitRelations(scanner, element, { file: (start, end) => files.push(decodeXml(element, start, end).trim()) });
  return files;
}

/**
 * What a condition on a list may be meant for: each entry, and the bare name of each relation that has a version; of a module also its name, and
 * its name with its stream.
 */
function valuesOf(candidate: YumCandidate, name: string): string[] | undefined {
  if (name === 'module') {
    const labels = candidate.modules?.flatMap((module) => [module.name, `${module.name}:${module.stream}`, moduleLabel(module)]);
    return [...new Set(labels)];
  }
  const kind = RELATION_KINDS.find((known) => known === name);
  if (kind === undefined) return listOf(candidate, name);
  return [...new Set(readRelations(scanner, candidate.element, kind).flatMap((entry) => [formatCapability(entry), entry.name]))];
}

/** The source package that the file name in SourceRPM stands for, which has no epoch; that is the package's own. */
function sourceOf(candidate: YumCandidate): { readonly name: string; readonly version: string } | undefined {
  const file = readPackageField(scanner, candidate.element, 'sourcerpm') ?? '';
  const [, name, version, release] = /^(.+)-([^-]+)-([^-]+)\.(?:no)?src\.rpm$/.exec(file) ?? [];
  if (name === undefined || version === undefined) return undefined;
  return { name, version: formatEvr({ epoch: parseEvr(candidate.version).epoch, version, release }) };
}
