import type { YumMirrorConfig } from '../../config/schema.ts';
import { MirrorError } from '../../core/errors.ts';
import { directoryUrl } from '../../fetch/join-url.ts';
import { isNearby } from '../../fetch/nearby.ts';
import { shownUrl } from '../../fetch/place.ts';
import { parseMirrorlist } from '../format/repository/mirrorlist.ts';
import { expandVariables, unknownVariables } from '../format/repository/variables.ts';

/** A file is tried at each of its servers: more than these would keep one that is nowhere for hours. */
const MOST_LISTED = 200;

/** What Node calls an architecture, by yum's name. */
const MACHINE: Readonly<Record<string, string>> = {
  x64: 'x86_64',
  arm64: 'aarch64',
  ppc64: 'ppc64le',
  s390x: 's390x',
  ia32: 'i386',
  riscv64: 'riscv64',
};

/**
 * The variables of a mirror: its own, `basearch` and `arch` from the first of its architectures, or the machine's, where it gives none,
 * and `releasever_major` and `releasever_minor` of its `releasever`, for which there is no default.
 */
export function variablesOf(config: YumMirrorConfig): Record<string, string> {
  const stated = config.architectures?.find((name) => name !== 'noarch' && name !== 'src' && name !== 'nosrc');
  const machine = MACHINE[process.arch] ?? process.arch;
  const basearch = config.vars['basearch'] ?? (stated === undefined ? machine : baseArchitecture(stated));
  return { basearch, arch: stated ?? basearch, ...releaseParts(config.vars['releasever']), ...config.vars };
}

function releaseParts(release: string | undefined): Record<string, string> {
  if (release === undefined) return {};
  const [major = '', ...minor] = release.split('.');
  return { releasever_major: major, ...(minor.length === 0 ? {} : { releasever_minor: minor.join('.') }) };
}

function baseArchitecture(architecture: string): string {
  if (/^i[3-6]86$/.test(architecture)) return 'i386';
  if (/^armv7/.test(architecture)) return 'armhfp';
  return architecture.startsWith('x86_64') || architecture === 'amd64' ? 'x86_64' : architecture;
}

/** The address of a mirror's metalink with its variables filled in; undefined where it has none. */
export function metalinkUrl(name: string, config: YumMirrorConfig): string | undefined {
  return config.metalink === undefined ? undefined : expanded(name, config, config.metalink);
}

/**
 * The base URLs of a mirror, each ending in `/` but for the query that it may have: those of `url`, then those of its mirrorlist and its metalink, which are fetched.
 * CONFIG_INVALID for a variable without a value and what is no http(s) URL, METADATA_INVALID for a list that holds none.
 */
export async function yumBases(
  name: string,
  config: YumMirrorConfig,
  fetchList: (url: string) => Promise<Buffer>,
): Promise<readonly string[]> {
  const bases = (config.url ?? []).map((url) => configuredBase(name, expanded(name, config, url)));
  if (config.mirrorlist !== undefined) {
    const url = expanded(name, config, config.mirrorlist);
    const list = (await fetchList(url)).toString('utf8');
    if (/<metalink[\s>]/.test(list.slice(0, 2000)))
      throw new MirrorError('CONFIG_INVALID', `mirror "${name}": ${shownUrl(url)} is a metalink`, {
        hint: 'Write metalink: in place of mirrorlist:.',
      });
    bases.push(...listedBases(config, parseMirrorlist(list), url));
  }
  const metalink = metalinkUrl(name, config);
  if (metalink !== undefined) {
    const { parseMetalink } = await import('../format/repository/metalink.ts');
    bases.push(...listedBases(config, parseMetalink(await fetchList(metalink), shownUrl(metalink)).bases, metalink));
  }
  if (bases.length > 0) return [...new Set(bases)];
  throw new MirrorError('CONFIG_INVALID', `mirror "${name}" has neither url, mirrorlist nor metalink`);
}

function expanded(name: string, config: YumMirrorConfig, template: string): string {
  const vars = variablesOf(config);
  const text = expandVariables(template, vars);
  const [unknown] = unknownVariables(text);
  if (unknown === undefined) return text;
  throw new MirrorError('CONFIG_INVALID', `mirror "${name}": the variable $${unknown} in ${shownUrl(template)} has no value`, {
    hint: `Give it one: vars: { ${unknown}: "..." }. Known are ${Object.keys(vars).join(', ')}.`,
  });
}

function configuredBase(name: string, url: string): string {
  const base = baseOf(url);
  if (base !== undefined) return base;
  throw new MirrorError('CONFIG_INVALID', `mirror "${name}": ${shownUrl(url)} is not an http(s) URL of a directory`);
}

/** Servers on a list that cannot be used are passed over, and so are addresses of this machine, unless the list is from there. */
function listedBases(config: YumMirrorConfig, urls: readonly string[], list: string): string[] {
  const vars = variablesOf(config);
  const local = isNearby(new URL(list));
  const bases = urls
    .map((url) => baseOf(expandVariables(url, vars)))
    .filter((base) => base !== undefined)
    .filter((base) => local || !isNearby(new URL(base)));
  if (bases.length > 0) return bases.slice(0, MOST_LISTED);
  throw new MirrorError('METADATA_INVALID', `${shownUrl(list)} names no server with an http(s) URL`, {
    hint: 'Check that the release and architecture in the address exist; servers answer with an empty list or a message otherwise.',
  });
}

function baseOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (!/^https?:$/.test(url.protocol) || url.hash !== '' || unknownVariables(text).length > 0) return undefined;
  return directoryUrl(url.href);
}
