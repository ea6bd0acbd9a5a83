import { MirrorError } from '../../core/errors.ts';
import { readStanzas } from './deb822.ts';
import type { IndexRecord } from './index-record.ts';

const END = Buffer.from('\n\n');

/** What an index of commands (cnf/Commands-*) is of, which its first stanza says. */
export interface CommandIndexHead {
  readonly suite: string;
  readonly component: string;
  readonly architecture: string;
}

/** The first stanza of an index of commands. Throws CONFIG_INVALID for a value that would not stay on its line. */
export function formatCommandHead({ suite, component, architecture }: CommandIndexHead): Buffer {
  if (/\p{Cc}/u.test(suite + component + architecture)) {
    throw new MirrorError('CONFIG_INVALID', 'a suite or component of a publication has a control character or line break');
  }
  return Buffer.from(`suite: ${suite}\ncomponent: ${component}\narch: ${architecture}\n\n`);
}

/**
 * The packages of an index of commands for command-not-found, in batches. Its head is left out: it is of the upstream's suite.
 * Throws METADATA_INVALID as `readStanzas` does.
 * @param what names the index in errors.
 */
export async function* readCommands(source: AsyncIterable<Uint8Array>, what: string): AsyncGenerator<readonly IndexRecord[]> {
  for await (const stanzas of readStanzas(source, what)) {
    const records: IndexRecord[] = [];
    for (const stanza of stanzas) {
      const name = stanza.get('name');
      if (name !== undefined) records.push({ key: name, bytes: Buffer.concat([stanza.bytes, END]) });
    }
    yield records;
  }
}
