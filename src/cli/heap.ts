import { setFlagsFromString } from 'node:v8';

/**
 * Has the heap collected rather than grown. V8 goes by the machine's memory, and lets what a sync of tens of thousands of files leaves
 * behind grow to several times what is in use. With these a first sync of 20,000 packages takes 240 MiB instead of 370 MiB, for a twentieth of
 * its time; a lower percentage costs more time and saves little.
 */
export function limitHeapGrowth(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=80');
}

/**
 * For commands that pass many large buffers on, and hold little else. Their memory has the collector begin again every few tens of megabytes; marking a small heap in one go
 * takes milliseconds, and in steps beside the work several times that: seeding 384 MB took 1.5 s of processor time, and takes 0.9 s, for 30 MiB of memory.
 */
export function collectInOneGo(): void {
  setFlagsFromString('--no-incremental-marking');
}
