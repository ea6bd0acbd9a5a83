import { describe, expect, it } from 'vitest';
import { indexDirectories } from '../../src/serve/directories.ts';

const entry = (path: string, modified: number) =>
  ({ path, modified, permanence: 'fixed', blob: { sha256: '0'.repeat(64), size: 1 } }) as const;

describe('serve/directories', () => {
  it('finds every directory, with the newest time below it', () => {
    const index = indexDirectories([entry('pool/a/x.deb', 5), entry('pool/b/y.deb', 9), entry('pool/a/z.deb', 7), entry('Release', 3)]);
    expect([...index.keys()].sort()).toEqual(['', 'pool', 'pool/a', 'pool/b']);
    expect(index.get('')?.directories).toEqual(new Map([['pool', 9]]));
    expect(index.get('')?.files.map(({ path }) => path)).toEqual(['Release']);
    expect(index.get('pool')?.directories).toEqual(
      new Map([
        ['a', 7],
        ['b', 9],
      ]),
    );
    expect(index.get('pool/a')?.files.map(({ path }) => path)).toEqual(['pool/a/x.deb', 'pool/a/z.deb']);
  });

  it('has a root even where there is nothing', () => {
    expect(indexDirectories([]).get('')).toEqual({ directories: new Map(), files: [] });
  });
});
