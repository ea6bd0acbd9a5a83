import { type Command, Option } from 'commander';
import { MirrorError } from '../../core/errors.ts';
import { type Platform, parsePlatform } from '../../oci/format/platform.ts';
import { collect } from '../repeatable.ts';
import type { Session } from '../session.ts';

/** How sources of images are read. */
export interface SourceFlags {
  readonly planFile?: string;
  readonly platform: readonly string[];
  readonly allowRealm: readonly string[];
}

/** The options that say so. */
export function addSourceOptions(command: Command, { planFile = true } = {}): Command {
  command.addOption(
    new Option('--platform <os/architecture>', 'only this platform; may be repeated').argParser(collect).default([], 'all'),
  );
  if (planFile) command.option('--plan-file <file>', 'of KET, which says for which Kubernetes its list is, and which registry it is for');
  return addRealmOption(command);
}

/** The option that lets a registry have its tokens made elsewhere. */
export function addRealmOption(command: Command): Command {
  return command.addOption(
    new Option('--allow-realm <host>', 'lets a registry send us to this host for tokens; may be repeated')
      .argParser(collect)
      .default([], 'none'),
  );
}

/** What these options say, and where the command runs. Throws USAGE. */
export async function sourceSettings({ io }: Session, { platform, planFile, allowRealm }: SourceFlags) {
  return { platforms: platformsOf(platform), planFile, allowedRealms: allowRealm, environment: io.environment, directory: io.cwd };
}

/** Throws USAGE. */
export function platformsOf(texts: readonly string[]): Platform[] {
  return texts.map((text) => {
    const platform = parsePlatform(text);
    if (platform !== undefined) return platform;
    throw new MirrorError('USAGE', `"${text}" is no platform`, { hint: 'Write it like linux/amd64 or linux/arm/v7.' });
  });
}
