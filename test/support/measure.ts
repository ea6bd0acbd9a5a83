import { succeed } from './program.ts';

export interface Measured {
  /** Of the largest process, in MiB. */
  readonly peakMemory: number;
  /** Wall time. */
  readonly seconds: number;
}

/** Runs its arguments and prints the peak memory of the largest process and the wall time, as the operating system accounts for them. */
const MEASURE = `
import resource, subprocess, sys, time
begun = time.monotonic()
done = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
seconds = time.monotonic() - begun
if done.returncode != 0:
    sys.exit(done.stdout.decode(errors='replace'))
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, seconds)
`;

/** Runs a command that must succeed, and measures it. Needs python3. */
export async function measure(
  command: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Measured> {
  const [peakMemory = 0, seconds = 0] = (await succeed('python3', ['-c', MEASURE, ...command], options)).trim().split(' ').map(Number);
  return { peakMemory, seconds };
}
