import { execFileSync } from 'node:child_process';

/** The bytes in pieces of a size; `onEnd` is called when the reader is done with them. */
export async function* pieces(bytes: Uint8Array, size = 64 * 1024, onEnd: () => void = () => undefined): AsyncGenerator<Uint8Array> {
  try {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  } finally {
    onEnd();
  }
}

/** What a program makes of its input. */
export function filter(command: readonly string[], input: Uint8Array): Buffer {
  const [program = '', ...rest] = command;
  return execFileSync(program, rest, { input, maxBuffer: 1 << 30 });
}

/** Text that compresses as an index does. */
export function indexText(packages: number): Buffer {
  const stanzas: string[] = [];
  let seed = 1;
  for (let index = 0; index < packages; index++) {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    stanzas.push(
      `Package: package-${index}\nVersion: 1.${seed % 97}-${index % 7}\nSHA256: ${seed.toString(16).padStart(8, '0').repeat(8)}\n\n`,
    );
  }
  return Buffer.from(stanzas.join(''));
}
