import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSession } from '../../src/cli/session.ts';
import type { MirrorEvent } from '../../src/core/events.ts';
import type { OperationContext } from '../../src/ops/context.ts';
import { collector } from '../cli/collector.ts';

/** A configuration with a storage of its own, for operations that are called directly. */
export interface Workplace {
  readonly root: string;
  /** What operations reported. */
  readonly events: MirrorEvent[];
  /** Ends what is running with ABORTED. */
  abort(): void;
  readonly context: OperationContext;
  close(): Promise<void>;
}

/** @param configuration YAML without `storage`. */
export async function openWorkplace(configuration: string): Promise<Workplace> {
  const root = mkdtempSync(join(tmpdir(), 'mirror-ops-'));
  writeFileSync(join(root, 'mirror.yaml'), `storage: storage\n${configuration}`);
  const events: MirrorEvent[] = [];
  const stop = new AbortController();
  const io = { stdout: collector(), stderr: collector(), environment: {}, cwd: root, signal: stop.signal };
  const session = createSession(io, { quiet: true });
  const context = { ...(await session.context()), report: (event: MirrorEvent) => events.push(event) };
  return {
    root,
    events,
    context,
    abort: () => stop.abort(),
    async close() {
      await session.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
