import type { MirrorInput } from '../config/edit.ts';
import { parseRepoFile, type YumRepoDefinition } from '../yum/format/repo-file.ts';
import { expandVariables, unknownVariables } from '../yum/format/variables.ts';
import type { ImportedMirror, ImportedSources } from './import-apt.ts';
import { slug, uniqueNames } from './source-names.ts';

export interface YumImportOptions {
  /** Values of $releasever, $basearch and the like. */
  readonly vars: Readonly<Record<string, string>>;
  readonly taken: Iterable<string>;
}

/** One mirror for each repository of a .repo file that is switched on. Throws CONFIG_INVALID with file and line. */
export function importYumRepos(text: string, file: string, options: YumImportOptions): ImportedSources {
  const notices: string[] = [];
  const values: { readonly id: string; readonly value: MirrorInput }[] = [];
  for (const repo of parseRepoFile(text, file)) {
    if (!repo.enabled) continue;
    const value = mirrorOf(repo, `${file}: [${repo.id}]`, { options, notices });
    if (value !== undefined) values.push({ id: repo.id, value });
  }
  const names = uniqueNames(
    values.map(({ id }) => [slug(id) || 'upstream'] as const),
    options.taken,
  );
  const mirrors = values.map(
    ({ value }, index): ImportedMirror => ({ name: names[index] ?? '', value, fingerprints: [], systemKeys: false }),
  );
  return { mirrors, notices };
}

interface Import {
  readonly options: YumImportOptions;
  readonly notices: string[];
}

function mirrorOf(repo: YumRepoDefinition, place: string, { options, notices }: Import): MirrorInput | undefined {
  const location = locationOf(repo);
  const urls = Object.values(location).flat();
  if (urls.length === 0 || !urls.every((url) => /^https?:\/\//i.test(url))) {
    notices.push(`${place} was left out: it is not reached over http or https`);
    return undefined;
  }
  if (repo.hasPassword) notices.push(`${place} has a password, which was not taken over: write it to a file and set passwordFile`);
  if (repo.proxy !== undefined) notices.push(`${place} has a proxy of its own, which was not taken over: set http.proxy for all`);
  if (repo.sslcacert !== undefined) notices.push(`${place} has a certificate authority of its own: set http.ca to ${repo.sslcacert}`);
  if (!repo.sslverify) notices.push(`${place} switches the check of the server's certificate off; mirror always checks it`);
  const used = [...new Set([...urls, ...repo.gpgkey].flatMap(unknownVariables))];
  const vars = Object.fromEntries(used.flatMap((name) => (options.vars[name] === undefined ? [] : [[name, options.vars[name]]])));
  const unknown = used.filter((name) => options.vars[name] === undefined);
  if (unknown.length > 0) notices.push(`${place} needs values for ${unknown.map((name) => `$${name}`).join(', ')}: set vars`);
  const keys = repo.gpgkey.map((key) => expandVariables(key, options.vars)).map((key) => key.replace(/^file:\/\/(?=\/)/, ''));
  const verify = verifyOf(repo);
  if (verify?.length === 0) notices.push(`${place} is used without signatures (gpgcheck=0), so it is not verified`);
  return {
    type: 'yum',
    ...location,
    ...(used.length === 0 ? {} : { vars }),
    ...(keys.length === 0 ? {} : { keys }),
    ...(verify === undefined ? {} : { verify }),
    ...(repo.username === undefined ? {} : { username: repo.username }),
    ...(repo.sslclientcert === undefined ? {} : { clientCert: repo.sslclientcert }),
    ...(repo.sslclientkey === undefined || repo.sslclientcert === undefined ? {} : { clientKey: repo.sslclientkey }),
  };
}

/** dnf asks a metalink before a mirror list, and that before base URLs. */
function locationOf(repo: YumRepoDefinition): { metalink: string } | { mirrorlist: string } | { url: string | string[] } {
  if (repo.metalink !== undefined) return { metalink: repo.metalink };
  if (repo.mirrorlist !== undefined) return { mirrorlist: repo.mirrorlist };
  const [only, ...more] = repo.baseurl;
  return { url: only !== undefined && more.length === 0 ? only : [...repo.baseurl] };
}

/** What the file asks to be checked; undefined where it says nothing, so that everything the upstream signs is. */
function verifyOf(repo: YumRepoDefinition): ('metadata' | 'packages')[] | undefined {
  if (repo.gpgcheck === undefined && !repo.repoGpgcheck) return undefined;
  return [...(repo.repoGpgcheck ? (['metadata'] as const) : []), ...(repo.gpgcheck === false ? [] : (['packages'] as const))];
}
