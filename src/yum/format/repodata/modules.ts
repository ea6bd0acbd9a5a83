import { compareText } from '../../../core/order.ts';
import { type CombinedMetadata, firstWarnings, type MetadataDocument } from './further-metadata.ts';
import { type ModuleDocument, type ModuleRequirements, readModules } from './modulemd.ts';
import type { PublishedPackages } from './published-packages.ts';

/** A document and where it is from. */
interface Sourced {
  readonly document: ModuleDocument;
  readonly what: string;
}

/**
 * Several modules files as one, for the packages that are published. A module (name:stream:version:context:architecture) is there when one of
 * its packages is, or when one that is there requires it and none that would do is; a module that has no packages at all when its name
 * is there, or when nothing of its file is left out. Defaults, obsoletes, translations and other documents are there for modules that are. Of two
 * sources that have the same module, or defaults of one module, the later is taken, which is warned of where they differ. Each document is as it was,
 * byte for byte: the packages that it names may be more than are published, which clients do not mind.
 * METADATA_INVALID when a document is malformed.
 */
export function combineModules(documents: readonly MetadataDocument[], published: PublishedPackages): CombinedMetadata {
  const warnings: string[] = [];
  const all = documents.flatMap((source) => readModules(source).map((document): Sourced => ({ document, what: source.what })));
  const current = withoutEarlier(all, warnings);
  const modules = current.filter(({ document }) => document.kind === 'modulemd');
  const kept = new Set(modules.filter(({ document }) => document.artifacts.some((nevra) => published.has(nevra))));
  addRequired(modules, kept);
  addEmpty(modules, kept);
  const streams = new Set([...kept].flatMap(({ document: { name, stream = '' } }) => [name, `${name}\n${stream}`]));
  const isKept = (entry: Sourced): boolean => {
    const { kind, name, stream } = entry.document;
    if (kind === 'modulemd') return kept.has(entry);
    // Defaults name the stream that they make the default, which may not be there.
    return streams.has(stream === undefined || kind === 'modulemd-defaults' ? name : `${name}\n${stream}`);
  };
  const texts = kept.size === 0 ? [] : current.filter(isKept).map(({ document: { text } }) => (text.endsWith('\n') ? text : `${text}\n`));
  return { bytes: texts.length === 0 ? undefined : Buffer.from(texts.join('')), warnings: firstWarnings(warnings) };
}

/** Without documents that a later source has another one for, and without repetitions. */
function withoutEarlier(all: readonly Sourced[], warnings: string[]): Sourced[] {
  const latest = new Map<string, Sourced>();
  for (const entry of all) {
    const key = identityOf(entry.document);
    const before = latest.get(key);
    if (before !== undefined && before.what !== entry.what && before.document.text.trim() !== entry.document.text.trim()) {
      const { kind, name, stream } = entry.document;
      const about = kind === 'modulemd' ? `the module ${name}:${stream ?? ''}` : `the defaults of the module ${name}`;
      warnings.push(`${before.what} and ${entry.what} disagree about ${about}; those of ${entry.what} are published.`);
    }
    latest.set(key, entry);
  }
  return all.filter((entry) => {
    const current = latest.get(identityOf(entry.document));
    return current === entry || (current?.what === entry.what && current.document.text !== entry.document.text);
  });
}

function identityOf({ kind, name, stream, version, context, arch, text }: ModuleDocument): string {
  if (kind === 'modulemd') return [kind, name, stream, version, context, arch].join('\n');
  return kind === 'modulemd-defaults' ? `${kind}\n${name}` : text.trim();
}

/** Adds what the modules require, of the newest version in each context, where nothing that would do is there. */
function addRequired(modules: readonly Sourced[], kept: Set<Sourced>): void {
  const available = byStream(modules);
  const there = byStream(kept);
  const done = new Set<string>();
  // A set goes on over what is added to it.
  for (const { document } of kept) {
    for (const [name, streams] of document.requires.flatMap((alternative: ModuleRequirements) => [...alternative])) {
      const asked = [name, ...streams].join('\n');
      if (done.has(asked)) continue;
      done.add(asked);
      if (allowedStreams(streams, there.get(name)).next().done !== true) continue;
      for (const stream of allowedStreams(streams, available.get(name))) {
        const newest = newestOfEach(available.get(name)?.get(stream) ?? []);
        for (const entry of newest) kept.add(entry);
        const known = there.get(name) ?? new Map<string, Sourced[]>();
        there.set(name, known.set(stream, newest));
      }
    }
  }
}

type ByStream = Map<string, Sourced[]>;

function byStream(modules: Iterable<Sourced>): Map<string, ByStream> {
  const byName = Map.groupBy(modules, ({ document }) => document.name);
  return new Map([...byName].map(([name, own]) => [name, Map.groupBy(own, ({ document }) => document.stream ?? '')]));
}

/** Those of the streams that are there which a list of required streams allows. Takes no longer than the list is long for each. */
function* allowedStreams(required: readonly string[], there: ByStream | undefined): Generator<string> {
  const listed = new Set(required);
  const named = required.filter((stream) => !stream.startsWith('-'));
  for (const stream of named.length > 0 ? new Set(named) : (there?.keys() ?? [])) {
    if (there?.has(stream) === true && !listed.has(`-${stream}`)) yield stream;
  }
}

/** The newest version in each context. */
function newestOfEach(stream: readonly Sourced[]): Sourced[] {
  const newest = new Map<string, Sourced>();
  for (const entry of stream) {
    const { context, arch, version } = entry.document;
    const key = `${context}\n${arch}`;
    const before = newest.get(key);
    if (before === undefined || compareModuleVersions(before.document.version, version) < 0) newest.set(key, entry);
  }
  return [...newest.values()];
}

/** Adds those that have no packages at all. */
function addEmpty(modules: readonly Sourced[], kept: Set<Sourced>): void {
  const names = new Set([...kept].map(({ document }) => document.name));
  const cut = new Set(modules.filter((entry) => entry.document.artifacts.length > 0 && !kept.has(entry)).map(({ what }) => what));
  for (const entry of modules) {
    if (entry.document.artifacts.length === 0 && (names.has(entry.document.name) || !cut.has(entry.what))) kept.add(entry);
  }
}

/** Whether a list of required streams allows a stream: empty, any; `-x`, any but x. */
export function allowsStream(streams: readonly string[], stream: string): boolean {
  const wanted = streams.filter((entry) => !entry.startsWith('-'));
  return !streams.includes(`-${stream}`) && (wanted.length === 0 || wanted.includes(stream));
}

/** Versions of modules are whole numbers, of up to 20 digits. */
export function compareModuleVersions(a: string, b: string): number {
  const [one, other] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  return one.length - other.length || compareText(one, other);
}
