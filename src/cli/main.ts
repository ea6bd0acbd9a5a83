import { constants } from 'node:os';
import { MirrorError } from '../core/errors.ts';
import { limitHeapGrowth } from './heap.ts';
import { INTERRUPTED, runMirror } from './program.ts';

/** How long the process may linger after a command has ended, in milliseconds. */
const LINGER = 3000;

limitHeapGrowth();
const controller = new AbortController();
let interrupted: number | undefined;

/** The first signal lets the work end in order, the second ends the process at once. */
function interrupt(signal: 'SIGINT' | 'SIGTERM'): void {
  const status = 128 + constants.signals[signal];
  if (interrupted !== undefined) process.exit(status);
  interrupted = status;
  const hint = 'Everything is consistent; run it again to go on where it stopped.';
  controller.abort(new MirrorError('ABORTED', `interrupted by ${signal}`, { hint }));
}
process.on('SIGINT', () => interrupt('SIGINT'));
process.on('SIGTERM', () => interrupt('SIGTERM'));

// Who reads the output may have gone (`mirror list | head`): the work goes on without a reader.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const status = await runMirror(process.argv.slice(2), {
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  cwd: process.cwd(),
  signal: controller.signal,
});
process.exitCode = status === INTERRUPTED ? (interrupted ?? status) : status;
setTimeout(() => process.exit(), LINGER).unref();
