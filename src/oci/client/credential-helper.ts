import { spawn } from 'node:child_process';
import { z } from 'zod';
import { isMirrorError, MirrorError, reasonOf } from '../../core/errors.ts';
import { passwordOrToken, type RegistryCredentials } from './auth-file.ts';

const NAME = /^[A-Za-z0-9._-]+$/;
/** In milliseconds. */
const MAX_TIME = 30_000;
/** In characters. */
const MAX_OUTPUT = 64 * 1024;
/** What a helper prints where it knows no such server. */
const UNKNOWN = /credentials not found/i;

const answerSchema = z.looseObject({ Username: z.string(), Secret: z.string() });

export interface HelperOptions {
  /** The file that names the helper. */
  readonly namedBy: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Asks a credential helper as docker does: runs `docker-credential-NAME get` with the server's name on its standard input, and reads JSON from its output.
 * Undefined where it knows no such server. FETCH_DENIED where it cannot be run or fails otherwise; nothing of what it printed is in the message, which may be a secret.
 */
export async function askCredentialHelper(
  name: string,
  server: string,
  { namedBy, environment }: HelperOptions,
): Promise<RegistryCredentials | undefined> {
  const failed = (why: string): MirrorError =>
    new MirrorError('FETCH_DENIED', `${namedBy} names the credential helper ${name} for ${server}, which ${why}`);
  if (!NAME.test(name)) throw failed('has a name that no program has');
  try {
    const { status, output } = await runHelper(`docker-credential-${name}`, server, environment);
    if (status !== 0) {
      if (UNKNOWN.test(output)) return undefined;
      throw failed(`ended with ${status}`);
    }
    const { Username, Secret } = answerSchema.parse(JSON.parse(output));
    return Username === '' && Secret === '' ? undefined : passwordOrToken(Username, Secret);
  } catch (error) {
    if (isMirrorError(error)) throw error;
    throw failed(error instanceof z.ZodError || error instanceof SyntaxError ? 'did not answer as a helper does' : reasonOf(error));
  }
}

function runHelper(
  program: string,
  input: string,
  environment: HelperOptions['environment'],
): Promise<{ readonly status: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], { stdio: ['pipe', 'pipe', 'ignore'], env: { ...environment } });
    // What the helper itself has started may keep its output open.
    const giveUp = (why: string): void => {
      child.kill('SIGKILL');
      child.stdout.destroy();
      reject(new Error(why));
    };
    const timer = setTimeout(giveUp, MAX_TIME, 'did not end in time');
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.length > MAX_OUTPUT) giveUp('said too much');
    });
    child.on('error', () => reject(new Error('cannot be started')));
    child.on('close', (status) => {
      clearTimeout(timer);
      resolve({ status, output });
    });
    // A helper that does not read what it is asked says so by its answer.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
