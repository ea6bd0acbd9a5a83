import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadTokenKey } from '../../../../src/serve/registry/users/token-key.ts';

describe('serve/registry/users/token-key', () => {
  let storage = '';
  const logged: string[] = [];
  const write = (message: string) => void logged.push(message);
  const log = { info: write, warn: write, error: write };
  beforeEach(() => {
    storage = mkdtempSync(join(tmpdir(), 'mirror-token-key-'));
    logged.length = 0;
  });
  afterEach(() => rmSync(storage, { recursive: true }));

  it('makes one key that only its owner can read, and gives it ever after', async () => {
    const keys = await Promise.all(Array.from({ length: 5 }, async () => await loadTokenKey(storage, log)));
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1);
    expect(keys[0]).toHaveLength(32);
    expect(await loadTokenKey(storage, log)).toEqual(keys[0]);
    expect(readdirSync(storage)).toEqual(['registry-token-key']);
    expect(statSync(join(storage, 'registry-token-key')).mode & 0o777).toBe(0o600);
    expect(logged).toEqual([]);
  });

  it('goes on with a key of its own where it cannot keep one', async () => {
    writeFileSync(join(storage, 'registry-token-key'), 'short');
    const [first, second] = [await loadTokenKey(storage, log), await loadTokenKey(join(storage, 'none'), log)];
    expect([first.length, second.length]).toEqual([32, 32]);
    expect(first).not.toEqual(second);
    expect(logged).toHaveLength(2);
  });
});
