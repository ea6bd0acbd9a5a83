import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'vitest';

/** Whether a program is on the PATH. */
export function hasTool(name: string): boolean {
  try {
    execFileSync('sh', ['-c', 'command -v "$1"', 'sh', name], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const sharedData = resolve(import.meta.dirname, '../../../shared/data');

/** Real packages and repositories to test with, beside the checkout; undefined where they are not there. */
export const SHARED_DATA: string | undefined = existsSync(sharedData) ? sharedData : undefined;

/**
 * A group of tests that need real clients. Where one is missing the group is skipped, with the reason in its name; in CI that is a failure.
 * The name `shared data` stands for SHARED_DATA.
 */
export function describeWithTools(tools: readonly string[], name: string, tests: () => void): void {
  const missing = tools.filter((tool) => (tool === 'shared data' ? SHARED_DATA === undefined : !hasTool(tool)));
  if (missing.length === 0) {
    describe(name, tests);
  } else if (process.env['CI'] === 'true') {
    it(`${name} needs ${missing.join(', ')}`, () => {
      throw new Error(`missing in CI: ${missing.join(', ')}`);
    });
  } else {
    describe.skip(`${name} (not here: ${missing.join(', ')})`, tests);
  }
}
