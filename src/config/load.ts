import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MirrorError, reasonOf } from '../core/errors.ts';
import { crossChecks } from './checks.ts';
import { type Environment, expandEnvironment } from './environment.ts';
import { absolutePaths } from './file-paths.ts';
import { inlineSecrets } from './inline-secrets.ts';
import { problemText } from './problem-text.ts';
import { type Config, configSchema } from './schema.ts';
import { schemaProblems } from './schema-problems.ts';
import { type Position, parseYaml } from './yaml-source.ts';

/** A configuration that was read and found right. */
export interface LoadedConfig {
  /** Of the file, absolute. */
  readonly path: string;
  /** Every file and directory in it is absolute. */
  readonly config: Config;
  /** The file as it is, for editing. */
  readonly text: string;
}

export interface LoadOptions {
  /** From --config. Where it is given, nothing else is looked at. */
  readonly explicitPath?: string | undefined;
  readonly environment: Environment;
  readonly cwd: string;
}

/** Where a version without quotes is a text all the same: tags of images. */
const TAGGED = [
  ['registry', 'images'],
  ['registry', 'charts'],
];
const SYSTEM_PATH = '/etc/mirror/mirror.yaml';

/**
 * Finds and reads the configuration: --config, $MIRROR_CONFIG, ./mirror.yaml, /etc/mirror/mirror.yaml, in this order.
 * Throws CONFIG_NOT_FOUND, or CONFIG_INVALID with everything that is wrong, one line each.
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const { path, text } = await findConfig(options);
  return { path, config: parseConfig(text, path, options.environment), text };
}

/**
 * Reads and checks the text of a configuration file.
 * @param path absolute; names the file in problems, and what is relative in the file is relative to it.
 * @throws CONFIG_INVALID, whose message has a summary and then a line `FILE:LINE:COLUMN: key.path: what is wrong; allowed: …` for each problem.
 */
export function parseConfig(text: string, path: string, environment: Environment): Config {
  const source = parseYaml(text, { numbersIn: TAGGED });
  if (source.syntax.length > 0) {
    throw invalid(
      path,
      source.syntax.map((problem) => ({ position: problem.position, text: problem.message })),
    );
  }
  const secrets = inlineSecrets(source.value);
  const { value, problems: unset } = expandEnvironment(withoutEmptySections(source.value), environment);
  const parsed = configSchema.safeParse(value);
  const wrong = parsed.success ? crossChecks(parsed.data) : schemaProblems(configSchema, value, parsed.error.issues);
  const unexpanded = new Set(unset.map((problem) => problem.path.join('\n')));
  const problems = [...secrets, ...unset, ...wrong.filter((problem) => !unexpanded.has(problem.path.join('\n')))];
  if (!parsed.success || problems.length > 0) {
    throw invalid(
      path,
      problems.map((problem) => ({ position: source.position(problem.path, problem.part), text: problemText(problem) })),
    );
  }
  return absolutePaths(parsed.data, path);
}

/** A section whose every line is commented out is null in YAML: as good as left out. */
function withoutEmptySections(value: unknown): unknown {
  if (value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, section]) => section !== null));
}

function invalid(path: string, problems: readonly { readonly position: Position; readonly text: string }[]): MirrorError {
  const sorted = problems.toSorted((a, b) => a.position.line - b.position.line || a.position.column - b.position.column);
  const lines = [...new Set(sorted.map(({ position, text }) => `${path}:${position.line}:${position.column}: ${text}`))];
  const summary = lines.length === 1 ? 'the configuration has an error' : `the configuration has ${lines.length} errors`;
  return new MirrorError('CONFIG_INVALID', [summary, ...lines].join('\n'), { details: { file: path, problems: lines.length } });
}

async function findConfig(options: LoadOptions): Promise<{ readonly path: string; readonly text: string }> {
  const named = options.explicitPath ?? (options.environment['MIRROR_CONFIG'] || undefined);
  const places = named === undefined ? [join(options.cwd, 'mirror.yaml'), SYSTEM_PATH] : [resolve(options.cwd, named)];
  for (const path of places) {
    const text = await readIfThere(path);
    if (text !== undefined) return { path, text };
  }
  const by = options.explicitPath === undefined ? 'MIRROR_CONFIG' : '--config';
  const message =
    named === undefined ? `no configuration file: looked for ${places.join(' and ')}` : `${places.join()} does not exist (named by ${by})`;
  throw new MirrorError('CONFIG_NOT_FOUND', message, { hint: 'Make one with `mirror init`, or name one with --config FILE.' });
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw new MirrorError('CONFIG_INVALID', `${path} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}
