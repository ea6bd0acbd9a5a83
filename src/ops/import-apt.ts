import { type AptSource, parseDeb822Sources, parseOneLineSources } from '../apt/format/sources-list.ts';
import type { MirrorInput } from '../config/edit.ts';
import { redactUrl } from '../core/redact.ts';
import { slug, sourceName, uniqueNames } from './source-names.ts';

/** An upstream that a file of another program describes, as a mirror of ours. */
export interface ImportedMirror {
  readonly name: string;
  readonly value: MirrorInput;
  /** A block of public keys that the file holds, to be written to a file that `value.keys` then names. */
  readonly inlineKey?: string | undefined;
  /** Fingerprints to which the keys are to be narrowed down; empty for no restriction. */
  readonly fingerprints: readonly string[];
  /** Whether the file says nothing about keys, so that the system's own keyrings are trusted. */
  readonly systemKeys: boolean;
}

export interface ImportedSources {
  readonly mirrors: readonly ImportedMirror[];
  /** What was left out or is worth knowing: one sentence each. */
  readonly notices: readonly string[];
}

export interface AptImportOptions {
  /** Of the machine, for sources that do not say; undefined leaves it to the upstream. */
  readonly architecture?: string | undefined;
  /** Names that are used already. */
  readonly taken: Iterable<string>;
}

/** Reads apt's .list or .sources, told apart by the file's name. Throws CONFIG_INVALID with file and line. */
export function readAptSources(text: string, file: string): AptSource[] {
  return file.endsWith('.sources') ? parseDeb822Sources(text, file) : parseOneLineSources(text, file);
}

/**
 * One mirror for each suite of each source of binary packages that is switched on and reached over http(s). It takes source packages, too, where
 * the same suite is also a source of those; one that is nothing else is passed over.
 */
export function importAptSources(sources: readonly AptSource[], options: AptImportOptions): ImportedSources {
  const notices: string[] = [];
  const found = new Map<string, { readonly uri: string; readonly suite: string; mirror: Omit<ImportedMirror, 'name'> }>();
  const enabled = sources.filter((source) => source.enabled);
  for (const source of enabled.filter(({ types }) => types.includes('deb'))) {
    const place = `${source.file}:${source.line}`;
    for (const uri of source.uris) {
      const address = forArchitecture(uri, options);
      const problem = addressProblem(address);
      if (problem !== undefined) {
        notices.push(`${place}: ${redactUrl(uri)} was left out: ${problem}`);
        continue;
      }
      for (const suite of source.suites.map((text) => forArchitecture(text, options))) {
        const key = suiteKey(address, suite);
        const before = found.get(key);
        const mirror = mirrorOf(source, address, suite, options);
        found.set(key, { uri: address, suite, mirror: before === undefined ? mirror : withComponents(before.mirror, source.components) });
        if (source.trusted === true)
          notices.push(`${place}: ${address} ${suite} is marked as trusted without signatures, so it is not verified`);
      }
    }
  }
  const ofSources = suitesOfSources(enabled, options);
  const entries = [...found].map(([key, entry]) => (ofSources.has(key) ? { ...entry, mirror: withSources(entry.mirror) } : entry));
  const names = uniqueNames(
    entries.map(({ uri, suite }) => {
      const name = sourceName(uri, suite);
      const last = slug(uri.replace(/\/+$/, '').split('/').at(-1) ?? '');
      return [name, ...(last === '' ? [] : [`${last}-${name}`])] as const;
    }),
    options.taken,
  );
  return { mirrors: entries.map(({ mirror }, index) => ({ name: names[index] ?? '', ...mirror })), notices };
}

/** The suites that source packages are taken from, as `suiteKey` names them. */
function suitesOfSources(sources: readonly AptSource[], options: AptImportOptions): ReadonlySet<string> {
  const taken = sources.filter(({ types }) => types.includes('deb-src'));
  return new Set(
    taken.flatMap(({ uris, suites }) =>
      uris.flatMap((uri) => suites.map((suite) => suiteKey(forArchitecture(uri, options), forArchitecture(suite, options)))),
    ),
  );
}

/** Two entries that have it in common are of the same suite. */
function suiteKey(address: string, suite: string): string {
  return `${address.replace(/\/+$/, '')} ${suite}`;
}

function forArchitecture(text: string, { architecture = '' }: AptImportOptions): string {
  return text.replaceAll('$(ARCH)', architecture);
}

/** Why an address cannot be mirrored from; undefined when it can. */
function addressProblem(address: string): string | undefined {
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) return 'it is not reached over http or https';
  const { username, password } = new URL(address);
  return username === '' && password === '' ? undefined : 'its address holds a password; add it by hand, with username and passwordFile';
}

function mirrorOf(source: AptSource, url: string, suite: string, options: AptImportOptions): Omit<ImportedMirror, 'name'> {
  const architectures = source.architectures ?? (options.architecture === undefined ? undefined : [options.architecture]);
  const { signedBy } = source;
  const paths = signedBy !== undefined && 'paths' in signedBy ? signedBy.paths : [];
  const fingerprints = signedBy !== undefined && 'paths' in signedBy ? signedBy.fingerprints : [];
  const unchecked = source.trusted === true;
  const expires = /^(no|false|0|off)$/i.test(source.options['check-valid-until'] ?? '');
  return {
    value: {
      type: 'apt',
      url,
      suite,
      ...(suite.endsWith('/') ? {} : { components: [...source.components] }),
      ...(architectures === undefined ? {} : { architectures: [...architectures] }),
      ...(unchecked ? { verify: [] } : { keys: [...paths] }),
      ...(expires ? { allowExpired: true } : {}),
    },
    inlineKey: signedBy !== undefined && 'inlineKey' in signedBy ? signedBy.inlineKey : undefined,
    fingerprints,
    systemKeys: !unchecked && (signedBy === undefined || (fingerprints.length > 0 && paths.length === 0)),
  };
}

/** The same upstream in two entries: one mirror with the components of both. */
function withComponents(mirror: Omit<ImportedMirror, 'name'>, more: readonly string[]): Omit<ImportedMirror, 'name'> {
  const { value } = mirror;
  if (value.type !== 'apt' || value.components === undefined) return mirror;
  return { ...mirror, value: { ...value, components: [...new Set([...value.components, ...more])] } };
}

function withSources(mirror: Omit<ImportedMirror, 'name'>): Omit<ImportedMirror, 'name'> {
  return mirror.value.type === 'apt' ? { ...mirror, value: { ...mirror.value, sources: true } } : mirror;
}
