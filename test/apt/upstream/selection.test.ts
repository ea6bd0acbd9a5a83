import { describe, expect, it } from 'vitest';
import { architecturesOf, sameSelection, selectionOf, selectionSchema } from '../../../src/apt/upstream/selection.ts';
import { aptConfig } from '../archive.ts';

describe('apt/upstream/selection', () => {
  it('takes the architecture of this machine where none is configured', () => {
    expect(architecturesOf(aptConfig({ architectures: undefined }))).toHaveLength(1);
    expect(architecturesOf(aptConfig())).toEqual(['amd64']);
  });

  it('is the same after it was stored, and another whenever something else is asked for', () => {
    const selection = selectionOf(aptConfig(), false);
    expect(sameSelection(selectionSchema.parse(JSON.parse(JSON.stringify(selection))), selection)).toBe(true);
    for (const config of [
      { architectures: ['arm64'] },
      { components: ['main'] },
      { sources: true },
      { withDeps: { source: true } },
      { udebs: true },
      { installer: true },
      { translations: ['en', 'de'] },
      { contents: true },
      { dep11: true },
      { cnf: true },
    ]) {
      expect([config, sameSelection(selectionOf(aptConfig(config), false), selection)]).toEqual([config, false]);
    }
    expect(sameSelection(selectionOf(aptConfig(), true), selection)).toBe(false);
  });

  it('had nothing but packages where an earlier version stored it', () => {
    const earlier = selectionSchema.parse({ suite: 'stable', architectures: ['amd64'] });
    expect(earlier).toMatchObject({ sources: false, translations: [], verbatim: false });
  });
});
