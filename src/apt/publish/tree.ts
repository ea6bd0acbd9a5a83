import { MirrorError } from '../../core/errors.ts';
import { safeRelativePath } from '../../core/paths.ts';
import type { PublishContext, PublishedComponent, PublishedTree } from '../../family/family.ts';
import type { StoredPackage, Supplement } from '../../store/catalogue.ts';
import { isInstallerPackage, isSourcePackage } from '../candidate.ts';
import { debianArchitecture, SOURCE } from '../format/architecture.ts';
import { type ListedPackage, packagesText } from '../format/packages-text.ts';
import type { ListedFile } from '../format/release-text.ts';
import { withDirectory } from '../format/sources-text.ts';
import { writeIndexForms } from './index-forms.ts';
import { type PlacedPackage, placePackages } from './pool-layout.ts';
import { type ArchiveNames, archiveNames, type IndexDirectory, writeComponentRelease, writeRelease } from './release.ts';
import { type PlacedSource, placeSources } from './source-layout.ts';
import { writeSupplements } from './supplements.ts';
import { publishVerbatim } from './verbatim.ts';

/**
 * Writes an archive that any apt reads: pool/, and under dists/<distribution>/ for each component and architecture Packages in all its
 * forms, and likewise the packages of the installer and the source packages where there are some. What the sources have besides packages
 * is cut to what is published. All indexes are also there by hash, and vouched for by Release, InRelease and Release.gpg (only Release
 * where there is no signer). Packages for all architectures are listed with each architecture, and `all` is not one of them. The
 * architectures are those of the configuration, or of the packages; where all are for every architecture, that of this machine. The
 * distribution is by default named as the publication. With `metadata: verbatim` it is all as the upstream has it; see publishVerbatim.
 * Errors: PACKAGE_CONFLICT, PATH_UNSAFE, CONFIG_INVALID, METADATA_INVALID, ABORTED, and those of reading, writing and signing.
 */
export async function publishTree(context: PublishContext): Promise<PublishedTree> {
  if (context.config.metadata === 'verbatim') return await publishVerbatim(context);
  const distribution = safeRelativePath(context.config.distribution ?? context.name, `publication ${context.name}`);
  const root = `dists/${distribution}`;
  const names = archiveNames(context, distribution);
  warnOfNames(context, distribution, names);
  const architectures = architecturesOf(context);
  const components = context.components.map((component) => layOut(context, component, architectures));
  for (const { binaries, installer, sources } of components) {
    for (const { stored, path } of [...binaries, ...installer]) context.writer.link(path, { sha256: stored.sha256, size: stored.size });
    for (const { files } of sources) for (const { path, blob } of files) context.writer.link(path, blob);
  }
  const withSources = components.some(({ sources }) => sources.length > 0);
  const files: ListedFile[] = [];
  for (const component of components) {
    for (const index of indexesOf(component, architectures, withSources)) {
      if (context.signal.aborted) throw new MirrorError('ABORTED', `publishing ${context.name} was interrupted`);
      const path = `${index.directory.path}/${index.name}`;
      files.push(...(await writeIndexForms(context.writer, { root, path, text: index.text() })));
      files.push(await writeComponentRelease(context, { root, names }, index.directory));
    }
    const [binaries = [], installer = [], sources = []] = [component.binaries, component.installer, component.sources].map((placed) =>
      placed.map(({ stored }) => stored),
    );
    const published = { ...component, binaries, installer, sources };
    files.push(...(await writeSupplements(context, { root, suite: names.suite, architectures }, published)));
  }
  const componentNames = components.map(({ name }) => name);
  await writeRelease(context, { root, names, architectures, components: componentNames, files });
  return {
    distribution,
    release: names,
    components: componentNames,
    architectures: withSources ? [...architectures, SOURCE] : architectures,
  };
}

/** apt goes by the directory that it is told of, and wants one of the names to be the same. */
function warnOfNames({ name, report }: PublishContext, distribution: string, { suite, codename }: ArchiveNames): void {
  if (suite === distribution || codename === distribution) return;
  const message = `neither its suite (${suite}) nor its codename (${codename}) is that of its distribution (${distribution}): clients warn of that`;
  report({ type: 'warning', subject: name, message });
}

function architecturesOf({ config, components }: PublishContext): readonly string[] {
  if (config.architectures !== undefined) return [...new Set(config.architectures)].sort();
  const found = new Set<string>();
  for (const { packages } of components) for (const { architecture } of packages) found.add(architecture);
  found.delete('all');
  found.delete(SOURCE);
  return found.size === 0 ? [debianArchitecture(process.arch)] : [...found].sort();
}

/** What is published as one component, each package at its place. */
interface ComponentLayout {
  readonly name: string;
  readonly binaries: readonly PlacedPackage[];
  /** The packages of the Debian installer (.udeb). */
  readonly installer: readonly PlacedPackage[];
  readonly sources: readonly PlacedSource[];
  readonly supplements: readonly Supplement[];
}

function layOut(context: PublishContext, component: PublishedComponent, architectures: readonly string[]): ComponentLayout {
  const name = safeRelativePath(component.name, `publication ${context.name}`);
  const wanted = new Set([...architectures, 'all']);
  const binaries: StoredPackage[] = [];
  const installer: StoredPackage[] = [];
  const sources: StoredPackage[] = [];
  for (const stored of component.packages) {
    if (isSourcePackage(stored)) sources.push(stored);
    else if (wanted.has(stored.architecture)) (isInstallerPackage(stored) ? installer : binaries).push(stored);
  }
  return {
    name,
    binaries: placePackages({ ...component, name, packages: binaries }),
    installer: placePackages({ ...component, name, packages: installer }),
    sources: placeSources(name, sources),
    supplements: component.supplements,
  };
}

interface Index {
  readonly directory: IndexDirectory;
  readonly name: 'Packages' | 'Sources';
  text(): Iterable<Buffer>;
}

function* indexesOf(component: ComponentLayout, architectures: readonly string[], withSources: boolean): Generator<Index> {
  for (const architecture of architectures) {
    yield packagesIndex(component, component.name, { architecture, packages: component.binaries });
    if (component.installer.length === 0) continue;
    yield packagesIndex(component, `${component.name}/debian-installer`, { architecture, packages: component.installer });
  }
  if (!withSources) return;
  yield {
    directory: { path: `${component.name}/source`, component: component.name, architecture: SOURCE },
    name: 'Sources',
    text: () => sourcesText(component.sources),
  };
}

function packagesIndex(
  component: ComponentLayout,
  parent: string,
  { architecture, packages }: { readonly architecture: string; readonly packages: readonly PlacedPackage[] },
): Index {
  const listed = packages.filter(({ stored }) => stored.architecture === architecture || stored.architecture === 'all');
  return {
    directory: { path: `${parent}/binary-${architecture}`, component: component.name, architecture },
    name: 'Packages',
    text: () => packagesText(listedPackages(listed)),
  };
}

function* listedPackages(placed: readonly PlacedPackage[]): Generator<ListedPackage> {
  for (const { stored, path } of placed) yield { stanza: stored.record, filename: path, size: stored.size, sha256: stored.sha256 };
}

function* sourcesText(sources: readonly PlacedSource[]): Generator<Buffer> {
  const end = Buffer.from('\n\n');
  for (const { stored, directory } of sources) {
    yield withDirectory(stored.record, directory);
    yield end;
  }
}
