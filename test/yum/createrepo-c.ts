import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPackage } from '../../src/yum/format/package/read-package.ts';
import { filelistsElement, otherElement, primaryElement } from '../../src/yum/format/package/write-elements.ts';
import { packageDocument } from '../../src/yum/format/repodata/document-writer.ts';
import { succeed } from '../support/program.ts';

/**
 * Reads two pairs of metadata with createrepo_c's own parser, and prints every value that is not equal in both. Files in the metadata are told by
 * their location; sets of packages that are not equal are a difference, too.
 */
const COMPARE = `
import glob, json, sys
import createrepo_c as cr

VALUES = '''name arch version epoch release summary description url time_file time_build rpm_license rpm_vendor rpm_group rpm_buildhost
rpm_sourcerpm rpm_header_start rpm_header_end rpm_packager size_package size_installed size_archive location_href location_base
checksum_type pkgId requires provides conflicts obsoletes suggests enhances recommends supplements'''.split()

def load(folder):
    primary, order = {}, []
    def document(type):
        return glob.glob(folder + '/*' + type + '.xml*')[0]
    def of_primary(package):
        primary[package.location_href] = {name: getattr(package, name) for name in VALUES}
        order.append(package.location_href)
    warnings = []
    warn = lambda kind, message: warnings.append(message) or True
    cr.xml_parse_primary(document('primary'), pkgcb=of_primary, do_files=True, warningcb=warn)
    for type, name, parse in (('filelists', 'files', cr.xml_parse_filelists), ('other', 'changelogs', cr.xml_parse_other)):
        found = []
        parse(document(type), pkgcb=lambda package: found.append(package), warningcb=warn)
        for href, package in zip(order, found):
            primary[href][name] = [package.pkgId, package.name, package.arch, package.version, package.release, package.epoch, getattr(package, name)]
        if len(found) != len(order): warnings.append('%d packages in %s, not %d' % (len(found), type, len(order)))
    return primary, warnings

(ours, warnings), (theirs, _) = load(sys.argv[1]), load(sys.argv[2])
differences = ['warning: ' + text for text in warnings]
if ours.keys() != theirs.keys():
    differences.append('only ours: %r, only theirs: %r' % (sorted(ours.keys() - theirs.keys()), sorted(theirs.keys() - ours.keys())))
elif list(ours) != list(theirs):
    differences.append('the packages are in another order')
for href in sorted(ours.keys() & theirs.keys()):
    for name in theirs[href]:
        if ours[href][name] != theirs[href][name]:
            differences.append('%s: %s: ours %r, theirs %r' % (href, name, ours[href][name], theirs[href][name]))
print(json.dumps({'packages': len(theirs), 'differences': differences}))
`;

export interface Comparison {
  /** That createrepo_c read. */
  readonly packages: number;
  readonly differences: readonly string[];
}

/**
 * Makes the metadata of a folder of packages twice, with createrepo_c and with what reads and writes packages here, and compares them by
 * createrepo_c's Python parser. Packages that only one of both reads are a difference.
 */
export async function compareWithCreaterepo(folder: string): Promise<Comparison> {
  // Of texts in several languages it takes that of the locale; without any the first that it finds.
  await succeed('createrepo_c', ['--quiet', '--no-database', folder], { env: { LC_ALL: 'C' } }).catch((error: unknown) => {
    // It ends with 2 when it could not read a package, which is part of what is compared.
    if (!String(error).includes('ended with 2')) throw error;
  });
  const ours = join(folder, 'ours');
  writeMetadata(folder, ours);
  return await compareMetadata(ours, join(folder, 'repodata'));
}

/** Compares two folders of metadata as createrepo_c's Python parser reads them: every value of every package, and their order. */
export async function compareMetadata(ours: string, theirs: string): Promise<Comparison> {
  return JSON.parse(await succeed('/usr/bin/python3', ['-c', COMPARE, ours, theirs])) as Comparison;
}

/** By the base name of the files, as createrepo_c orders them. */
function writeMetadata(folder: string, target: string): void {
  mkdirSync(target, { recursive: true });
  const documents = { metadata: [] as Buffer[], filelists: [] as Buffer[], otherdata: [] as Buffer[] };
  for (const location of readdirSync(folder)
    .filter((name) => name.endsWith('.rpm'))
    .sort()) {
    const path = join(folder, location);
    const bytes = readFileSync(path);
    const id = createHash('sha256').update(bytes).digest('hex');
    const entry = readOrNot(bytes, location);
    if (entry === undefined) continue;
    const facts = {
      checksum: { algorithm: 'sha256' as const, value: id },
      packageSize: bytes.length,
      fileTime: Math.floor(statSync(path).mtimeMs / 1000),
      location,
    };
    documents.metadata.push(Buffer.from(primaryElement(entry, facts)));
    documents.filelists.push(Buffer.from(filelistsElement(entry, id)));
    documents.otherdata.push(Buffer.from(otherElement(entry, id, 10)));
  }
  const names = { metadata: 'primary', filelists: 'filelists', otherdata: 'other' } as const;
  for (const root of ['metadata', 'filelists', 'otherdata'] as const) {
    const elements = documents[root];
    const pieces: Buffer[] = [];
    for (const piece of packageDocument(root, elements.length, elements)) pieces.push(Buffer.from(piece));
    writeFileSync(join(target, `${names[root]}.xml`), Buffer.concat(pieces));
  }
}

function readOrNot(bytes: Buffer, what: string): ReturnType<typeof readPackage> | undefined {
  try {
    return readPackage(bytes, what);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'METADATA_INVALID') throw error;
    return undefined;
  }
}
