import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_KINDS, isMirrorError, MirrorError } from '../../src/core/errors.ts';

describe('core/errors', () => {
  it('lists the same codes, exit statuses and meanings as docs/errors.md', () => {
    const text = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    const documented = [...text.matchAll(/^\| `([A-Z_]+)` \| (\d) \| (.*) \|$/gm)].map((row) => [row[1], Number(row[2]), row[3]]);
    const known = Object.entries(ERROR_KINDS).map(([code, kind]) => [code, kind.exit, kind.meaning]);
    expect(documented).toEqual(known.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
  });

  it('makes control characters of an upstream visible', () => {
    expect(new MirrorError('FETCH_FAILED', 'bad \u001b[2J name\u0000').message).toBe('bad \\x1b[2J name\\x00');
  });

  it('is told apart by its code', () => {
    const error: unknown = new MirrorError('LOCKED', 'busy');
    expect(isMirrorError(error, 'LOCKED')).toBe(true);
    expect(isMirrorError(error, 'STORAGE')).toBe(false);
    expect(isMirrorError(new Error('busy'))).toBe(false);
  });
});
