import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyText } from '../../src/cli/render/snapshots.ts';
import { verifySnapshot } from '../../src/ops/snapshot-verify.ts';
import { openAptly } from '../support/aptly.ts';
import { describeWithTools } from '../support/requirements.ts';
import { openWorkplace, type Workplace } from './operation-context.ts';
import { pkg, putSnapshot, writePackage } from './stored-packages.ts';

const APPS = [
  pkg('app_1_amd64', { Depends: 'lib (>= 2), tool | nowhere' }),
  pkg('other_1_all', { 'Pre-Depends': 'lib (>= 2)', Recommends: 'nice' }),
  pkg('tool_1_amd64'),
  pkg('lib_1_amd64'),
];
const LIBS = [pkg('lib_2_amd64', { Depends: 'not-looked-at' })];

describe('ops/snapshot-verify', () => {
  let place: Workplace;
  beforeEach(async () => {
    place = await openWorkplace('');
    putSnapshot('apps', APPS, place.context);
    putSnapshot('libs', LIBS, place.context);
  });
  afterEach(() => place.close());

  it('says what nothing satisfies, and who needs it', async () => {
    const report = await verifySnapshot('apps', [], place.context);
    expect(report).toEqual({
      name: 'apps',
      sources: [],
      packages: 4,
      missing: [{ requirement: 'lib (>= 2)', neededBy: ['app_1_amd64', 'other_1_all'] }],
    });
    expect(verifyText(report)).toBe('apps: 1 dependency missing\n  lib (>= 2)  needed by app_1_amd64, other_1_all\n');
  });

  it('looks into other sources, whose own packages need not be satisfied', async () => {
    const report = await verifySnapshot('apps', ['libs'], place.context);
    expect(report.missing).toEqual([]);
    expect(verifyText(report)).toBe('apps: everything that its 4 packages need is there\n');
  });

  describeWithTools(['aptly'], 'beside aptly', () => {
    it('misses what aptly misses', async () => {
      const root = mkdtempSync(join(tmpdir(), 'mirror-verify-'));
      try {
        const aptly = openAptly(root);
        await aptly.snapshot(
          'apps',
          APPS.map((spec) => writePackage(root, spec)),
        );
        const theirs = await aptly.output('snapshot', 'verify', 'apps');
        expect(theirs).toContain('Missing dependencies (1):\n  lib (>= 2) [amd64]');
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    }, 20_000);
  });
});
