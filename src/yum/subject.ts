import type { QuerySubject, Relation } from '../query/subject.ts';
import { isSourceArchitecture } from './architecture.ts';
import type { YumCandidate } from './candidate.ts';
import { EQUAL, formatCapability, GREATER, LESS, rangesOverlap } from './format/dependencies.ts';
import { type PackageField, readPackageField } from './format/package-field.ts';
import { RELATION_KINDS, readRelations } from './format/relations.ts';
import { parseEvr } from './format/version.ts';
import { XmlScanner } from './format/xml-scanner.ts';
import { escapeAttribute } from './format/xml-text.ts';

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

const scanner = new XmlScanner();

/**
 * What a query sees of a package. Fields, whatever the case: Name, Version, Release, Epoch, Architecture, Size, Location, Checksum, Summary,
 * Description, Packager, URL, License, Vendor, Group, BuildHost, SourceRPM, and the relations (Provides, Requires, ...) as lists with commas.
 */
export function packageSubject(candidate: YumCandidate): QuerySubject {
  return {
    name: candidate.name,
    version: candidate.version,
    architecture: isSourceArchitecture(candidate.architecture) ? 'source' : candidate.architecture,
    field: (name) => fieldOf(candidate, name.toLowerCase()),
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

function fieldOf(candidate: YumCandidate, name: string): string | undefined {
  const kind = RELATION_KINDS.find((known) => known === name);
  if (kind !== undefined) {
    const relations = readRelations(scanner, candidate.element, kind);
    return relations.length === 0 ? undefined : relations.map(formatCapability).join(', ');
  }
  const evr = parseEvr(candidate.version);
  switch (name) {
    case 'name':
    case 'package':
      return candidate.name;
    case 'version':
      return candidate.version;
    case 'epoch':
      return evr.epoch;
    case 'release':
      return evr.release;
    case 'architecture':
    case 'arch':
      return candidate.architecture;
    case 'size':
      return String(candidate.size);
    case 'location':
    case 'filename':
      return candidate.location;
    case 'checksum':
      return candidate.checksums[0]?.value;
    default: {
      const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
      return field === undefined ? undefined : readPackageField(scanner, candidate.element, field);
    }
  }
}
