import type { Config } from '../../config/schema.ts';
import { counted } from '../../core/counts.ts';
import { clientInstructions, pasteable } from '../../ops/client.ts';
import type { FilledQuickstart } from '../../ops/quickstart.ts';
import { serverUrlOf } from '../../ops/server-url.ts';
import type { PublicationState } from '../../store/catalogue.ts';
import { syncValue } from './reports.ts';
import { formatFields } from './table.ts';
import { formatBytes } from './units.ts';

export interface QuickstartSummary {
  readonly config: Config;
  readonly configPath: string;
  readonly filled: FilledQuickstart;
  /** Of the running server; undefined when nothing is served. */
  readonly url: string | undefined;
}

/** What quickstart made, what goes on a client, and where everything is. */
export function quickstartText(summary: QuickstartSummary): string {
  const { config, configPath, filled, url } = summary;
  const failed = filled.sync.mirrors.filter((mirror) => mirror.status === 'failed').map((mirror) => mirror.name);
  const parts = filled.publications.map((publication) => {
    const client = pasteable(clientOf(summary, publication));
    return `${madeOf(publication, config)}\n\nOn a client, as root:\n\n${client}`;
  });
  if (failed.length > 0) parts.push(`Not in it, because they failed: ${failed.join(', ')}. Run quickstart again to try them again.\n`);
  parts.push(
    `Where everything is:\n${formatFields([
      ['  Configuration', configPath],
      ['  Signing key', config.signing?.key],
      ['  Packages, state', config.storage],
    ])}`,
  );
  const local = /^(127\.|localhost:|\[::1\])/.test(config.serve.listen);
  const open = local ? ' --listen 0.0.0.0:8080' : '';
  const toOpen = `mirror serve --config ${quoted(configPath)}${open}`;
  if (url === undefined) parts.push(`To serve it${local ? ' to other machines' : ''}: ${toOpen}\n`);
  else if (local) parts.push(`Only this machine can reach it. For others, stop it (Ctrl-C) and run: ${toOpen}\n`);
  return parts.join('\n');
}

/** The same, for --json. */
export function quickstartValue(summary: QuickstartSummary): Readonly<Record<string, unknown>> {
  const { config, configPath, filled, url } = summary;
  return {
    ...(url === undefined ? {} : { url }),
    config: configPath,
    signingKey: config.signing?.key,
    storage: config.storage,
    ...(syncValue(filled.sync) as object),
    missing: filled.missing,
    publications: filled.publications.map((publication) => ({
      name: publication.name,
      packages: publication.packages,
      bytes: publication.bytes,
      client: clientOf(summary, publication),
    })),
  };
}

function clientOf({ config, url }: QuickstartSummary, publication: PublicationState): ReturnType<typeof clientInstructions> {
  return clientInstructions(publication, { serverUrl: url ?? serverUrlOf(config), family: publication.family });
}

/** `bookworm: 42 packages, 12.3 MiB: socat, ebtables and what they depend on, verified and signed.` */
function madeOf(publication: PublicationState, config: Config): string {
  const filters = new Set(publication.from.flatMap((name) => config.mirrors[name]?.filter ?? []));
  const names = [...filters].join(', ').replaceAll(' | ', ', ');
  const what = names === '' ? '' : `: ${names} and what they depend on`;
  const trust = publication.verified ? 'verified against the upstream keys' : 'NOT verified';
  return `${publication.name} has ${counted(publication.packages, 'package')} (${formatBytes(publication.bytes)}), ${trust}${what}.`;
}

/** For a shell. */
function quoted(text: string): string {
  return /^[\w./:@%+~-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
