import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { isMirrorError, MirrorError, reasonOf } from '../../core/errors.ts';
import { type AuthFileEntry, passwordOrToken, type RegistryCredentials, readAuthFile } from './auth-file.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Credentials, and where they are from, for messages. */
export interface FoundCredentials {
  readonly credentials: RegistryCredentials;
  readonly from: string;
}

const MAX_FILE = 1024 * 1024;
const HELPER_NAME = /^[A-Za-z0-9._-]+$/;
const HELPER_TIME = 30_000;
const HELPER_OUTPUT = 64 * 1024;

const answerSchema = z.looseObject({ Username: z.string(), Secret: z.string() });

/** The files that podman, skopeo and docker keep credentials in, in the order in which they are looked at. */
function authFiles(environment: Environment): { readonly path: string; readonly legacy?: boolean }[] {
  const home = environment['HOME'] || homedir();
  const { REGISTRY_AUTH_FILE: named, XDG_RUNTIME_DIR: runtime, XDG_CONFIG_HOME: config, DOCKER_CONFIG: docker } = environment;
  return [
    ...(named ? [{ path: named }] : []),
    ...(runtime ? [{ path: join(runtime, 'containers/auth.json') }] : []),
    { path: join(config || join(home, '.config'), 'containers/auth.json') },
    { path: join(docker || join(home, '.docker'), 'config.json') },
    { path: join(home, '.dockercfg'), legacy: true },
  ];
}

/** Looks for credentials for a repository; undefined where no file has any. FETCH_DENIED where a helper is named that cannot be asked. */
export async function findCredentials(
  registry: { readonly host: string; readonly repository: string },
  environment: Environment,
): Promise<FoundCredentials | undefined> {
  for (const { path, legacy } of authFiles(environment)) {
    const text = await textOf(path);
    const entry = text === undefined ? undefined : readAuthFile(text, registry, legacy);
    const credentials = entry === undefined ? undefined : await credentialsOf(entry, path, environment);
    if (credentials !== undefined) return { credentials, from: path };
  }
  return undefined;
}

async function credentialsOf(entry: AuthFileEntry, path: string, environment: Environment): Promise<RegistryCredentials | undefined> {
  return 'credentials' in entry ? entry.credentials : await askHelper(entry.helper, entry.server, { path, environment });
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    const text = await readFile(path, 'utf8');
    return text.length > MAX_FILE ? undefined : text;
  } catch {
    // One that is not there, or is somebody else's, says nothing.
    return undefined;
  }
}

/** Asks a credential helper as docker does: the server's name on its standard input, JSON on its output. It fails where it knows no such server. */
async function askHelper(
  name: string,
  server: string,
  { path, environment }: { readonly path: string; readonly environment: Environment },
): Promise<RegistryCredentials | undefined> {
  const failed = (why: string, cause?: unknown): MirrorError =>
    new MirrorError('FETCH_DENIED', `${path} names the credential helper ${name} for ${server}, which ${why}`, { cause });
  if (!HELPER_NAME.test(name)) throw failed('has a name that no program has');
  try {
    const output = await runHelper(`docker-credential-${name}`, server, environment);
    if (output === undefined) return undefined;
    const { Username, Secret } = answerSchema.parse(JSON.parse(output));
    return Username === '' && Secret === '' ? undefined : passwordOrToken(Username, Secret);
  } catch (error) {
    if (isMirrorError(error)) throw error;
    // What it printed may hold a secret.
    throw failed(error instanceof z.ZodError || error instanceof SyntaxError ? 'did not answer as a helper does' : reasonOf(error));
  }
}

/** What it prints; undefined where it says that it knows nothing. */
function runHelper(program: string, input: string, environment: Environment): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: environment as NodeJS.ProcessEnv,
      timeout: HELPER_TIME,
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.length > HELPER_OUTPUT) child.kill();
    });
    child.on('error', (error) => reject(new Error(`cannot be started: ${error.message}`)));
    child.on('close', (status, signal) => {
      if (signal !== null) reject(new Error('did not end in time, or said too much'));
      else resolve(status === 0 ? output : undefined);
    });
    // A helper that does not read what it is asked says so by its answer.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
