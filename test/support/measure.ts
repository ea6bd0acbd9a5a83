import { succeed } from './program.ts';

export interface Measured {
  /** Of the largest process, in MiB. */
  readonly peakMemory: number;
  /** Wall time. */
  readonly seconds: number;
  /** Time of processors, in user and system mode, of all its processes. */
  readonly processorSeconds: number;
}

/** Runs its arguments and prints the peak memory of the largest process, the wall time and that of processors, as the operating system accounts for them. */
const MEASURE = `
import resource, subprocess, sys, time
begun = time.monotonic()
done = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
seconds = time.monotonic() - begun
if done.returncode != 0:
    sys.exit(done.stdout.decode(errors='replace'))
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_maxrss / 1024, seconds, used.ru_utime + used.ru_stime)
`;

/** Runs a command that must succeed, and measures it. Needs python3. */
export async function measure(
  command: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Measured> {
  const printed = await succeed('python3', ['-c', MEASURE, ...command], options);
  const [peakMemory = 0, seconds = 0, processorSeconds = 0] = printed.trim().split(' ').map(Number);
  return { peakMemory, seconds, processorSeconds };
}
