import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { addMirror, addPublication } from '../config/edit.ts';
import type { Environment } from '../config/environment.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import type { FamilyName } from '../config/schema.ts';
import { createConfigFile, replaceConfigFile } from '../config/write.ts';
import { isMirrorError, MirrorError, reasonOf } from '../core/errors.ts';
import type { PublicationState } from '../store/catalogue.ts';
import { type AdoptedMachine, adoptMachine } from './adopt.ts';
import type { OperationContext } from './context.ts';
import { ensureSigningKey, SIGNING_KEY_FILE } from './init.ts';
import { writeKeyFile } from './key-files.ts';
import type { Machine } from './machine.ts';
import { publish } from './publish.ts';
import type { PublishReport, SyncReport } from './report.ts';
import { syncMirrors } from './sync.ts';

/** What a Kubernetes node needs of its distribution, under the names that each family has for it. */
const NODE_PACKAGES: Readonly<Record<FamilyName, readonly string[]>> = {
  apt: ['socat', 'ebtables', 'ethtool', 'conntrack'],
  yum: ['socat', 'ebtables', 'ethtool', 'conntrack-tools'],
};

export interface QuickstartOptions {
  /** Absolute. Made where it is missing. */
  readonly directory: string;
  /** Names; undefined for what a Kubernetes node needs. */
  readonly packages?: readonly string[] | undefined;
  /** ADDRESS:PORT to be written to the configuration. */
  readonly listen: string;
  readonly userId: string;
  readonly now: Date;
  readonly environment: Environment;
}

export interface PreparedQuickstart {
  readonly loaded: LoadedConfig;
  /** False when a configuration was there already, which is used as it is. */
  readonly created: boolean;
  readonly notices: readonly string[];
}

export interface FilledQuickstart {
  /** As it is now: packages that no repository has may have been taken out. */
  readonly loaded: LoadedConfig;
  readonly sync: SyncReport;
  readonly publish: PublishReport;
  /** What is published now. */
  readonly publications: readonly PublicationState[];
  /** Packages of the default set that this machine's repositories do not have. */
  readonly missing: readonly string[];
}

/**
 * Makes a directory with a configuration of what the machine's own package manager uses, cut down to some packages and their dependencies,
 * and a signing key. A configuration that is there is kept. Throws NOTHING_TO_ADOPT, USAGE, CONFIG_*, STORAGE.
 */
export async function prepareQuickstart(options: QuickstartOptions, machine: () => Promise<Machine>): Promise<PreparedQuickstart> {
  const { directory, environment } = options;
  const path = join(directory, 'mirror.yaml');
  const existing = await loadIfThere(path, environment);
  if (existing !== undefined) {
    await ensureSigningKey(join(directory, SIGNING_KEY_FILE), options.userId, options.now);
    const notices =
      options.packages === undefined
        ? []
        : [`${path} is kept as it is: the packages that it filters for are synced, not those of --packages`];
    return { loaded: existing, created: false, notices };
  }
  const adopted = await adoptMachine(await machine());
  const packages = checkedNames(options.packages ?? NODE_PACKAGES[adopted.family]);
  try {
    await mkdir(directory, { recursive: true });
  } catch (error) {
    throw new MirrorError('STORAGE', `cannot make the directory ${directory}: ${reasonOf(error)}`, { cause: error });
  }
  await ensureSigningKey(join(directory, SIGNING_KEY_FILE), options.userId, options.now);
  for (const [file, armored] of adopted.keyFiles) await writeKeyFile(join(directory, file), armored);
  await createConfigFile(path, configurationText(adopted, packages, options.listen));
  return { loaded: await loadConfig({ explicitPath: path, environment, cwd: directory }), created: true, notices: adopted.notices };
}

export interface FillOptions {
  readonly open: (loaded: LoadedConfig) => Promise<OperationContext>;
  readonly environment: Environment;
  /** Whether packages that no repository has are taken out of the configuration instead of failing. */
  readonly optional: boolean;
}

/**
 * Syncs every mirror of the configuration and publishes every publication. A mirror that fails is left out of what is published until it
 * was synced once, as long as the packages are found in the others. Throws PACKAGE_UNKNOWN, and the first mirror's error when all fail.
 */
export async function fillQuickstart(loaded: LoadedConfig, options: FillOptions): Promise<FilledQuickstart> {
  const context = await options.open(loaded);
  const sync = await syncMirrors([], context);
  const unknown = sync.mirrors.find((mirror) => mirror.error?.code === 'PACKAGE_UNKNOWN')?.error;
  if (unknown !== undefined) {
    const missing = String(unknown.details?.['packages'] ?? '').split(' ');
    const smaller = options.optional ? withoutPackages(loaded, missing) : undefined;
    if (smaller === undefined) throw unknown;
    await replaceConfigFile(loaded.path, smaller);
    const { environment } = options;
    const again = await loadConfig({ explicitPath: loaded.path, environment, cwd: dirname(loaded.path) });
    return { ...(await fillQuickstart(again, { ...options, optional: false })), missing };
  }
  const failed = sync.mirrors.filter((mirror) => mirror.status === 'failed');
  if (failed.length === sync.mirrors.length && failed[0]?.error !== undefined) throw failed[0].error;
  const published = await publish(Object.keys(loaded.config.publications), withSynced(context));
  return { loaded, sync, publish: published, publications: context.catalogue.publications(), missing: [] };
}

async function loadIfThere(path: string, environment: Environment): Promise<LoadedConfig | undefined> {
  try {
    return await loadConfig({ explicitPath: path, environment, cwd: dirname(path) });
  } catch (error) {
    if (isMirrorError(error, 'CONFIG_NOT_FOUND')) return undefined;
    throw error;
  }
}

function checkedNames(packages: readonly string[]): readonly string[] {
  const wrong = packages.find((name) => !/^[A-Za-z0-9][A-Za-z0-9+._-]*$/.test(name));
  if (wrong !== undefined)
    throw new MirrorError('USAGE', `"${wrong}" cannot be the name of a package`, { hint: 'Give names with commas between them.' });
  if (packages.length === 0) throw new MirrorError('USAGE', 'no packages were named', { hint: 'Give names with commas between them.' });
  return packages;
}

function configurationText(adopted: AdoptedMachine, packages: readonly string[], listen: string): string {
  const http = [
    ...(adopted.proxy === undefined ? [] : [`  proxy: ${JSON.stringify(adopted.proxy)}`]),
    ...(adopted.certificateAuthorities === undefined ? [] : [`  ca: ${JSON.stringify(adopted.certificateAuthorities)}`]),
  ];
  const filter = packages.join(' | ');
  const head = [
    '# Written by `mirror quickstart` from what the package manager of this machine uses. It is yours to change:',
    '# running quickstart again keeps it.',
    '',
    'storage: ./storage',
    '',
    'signing:',
    `  key: ${SIGNING_KEY_FILE}`,
    '',
    ...(http.length === 0 ? [] : ['http:', ...http, '']),
    'serve:',
    '  # 0.0.0.0:8080 serves every address of this machine.',
    `  listen: ${JSON.stringify(listen)}`,
    '',
  ].join('\n');
  const { family, name } = adopted;
  let text = head;
  for (const mirror of adopted.mirrors) text = addMirror(text, mirror.name, { ...mirror.value, filter, withDeps: true });
  return addPublication(text, name, {
    from: adopted.mirrors.map((mirror) => mirror.name),
    ...(family === 'apt' ? { distribution: name, component: 'main' } : {}),
    merge: 'latest',
  });
}

/** The configuration text with some names taken out of every filter; undefined when that is not all there is to it. */
function withoutPackages({ text, config }: LoadedConfig, missing: readonly string[]): string | undefined {
  const filters = new Set(Object.values(config.mirrors).map((mirror) => mirror.filter));
  const [filter] = filters;
  if (filters.size !== 1 || filter === undefined) return undefined;
  const kept = filter.split(' | ').filter((name) => !missing.includes(name));
  return kept.length === 0 ? undefined : text.replaceAll(`filter: ${filter}\n`, `filter: ${kept.join(' | ')}\n`);
}

/** The context with mirrors that never synced left out of what is published. */
function withSynced(context: OperationContext): OperationContext {
  const { config, catalogue } = context;
  const hasPackages = (name: string): boolean => catalogue.mirror(name)?.contents !== undefined;
  const publications = Object.entries(config.publications).map(([name, publication]) => [
    name,
    publication.from === undefined ? publication : { ...publication, from: publication.from.filter(hasPackages) },
  ]);
  return { ...context, config: { ...config, publications: Object.fromEntries(publications) } };
}
