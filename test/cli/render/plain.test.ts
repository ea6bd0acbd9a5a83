import { describe, expect, it } from 'vitest';
import { createPlainRenderer } from '../../../src/cli/render/plain.ts';
import { createQuietRenderer } from '../../../src/cli/render/renderer.ts';
import type { MirrorEvent } from '../../../src/core/events.ts';
import { collector } from '../collector.ts';

const MiB = 1024 * 1024;
const progress = (items: number): MirrorEvent => ({
  type: 'progress',
  subject: 'a',
  phase: 'packages',
  items,
  totalItems: 100,
  bytes: items * MiB,
  totalBytes: 100 * MiB,
});

describe('cli/render/plain', () => {
  it('writes a line for each change', () => {
    const output = collector();
    const renderer = createPlainRenderer(output, () => 0);
    renderer.report({ type: 'phase', subject: 'a', phase: 'indexes' });
    renderer.report({ type: 'phase', subject: 'a', phase: 'packages', detail: '3 packages' });
    renderer.report({ type: 'info', subject: 'a', message: 'note' });
    renderer.report({ type: 'warning', subject: '', message: 'care\x1b[2J' });
    renderer.report({ type: 'done', subject: 'a', summary: '3 packages' });
    renderer.report({ type: 'failed', subject: 'b', code: 'LOCKED', message: 'busy\nmore', hint: 'Wait.' });
    renderer.close();
    expect(output.text()).toBe(
      [
        'a: checking',
        'a: fetching 3 packages',
        'a: note',
        'warning: care\\x1b[2J',
        'a: done: 3 packages',
        'b: busy (LOCKED)',
        'more',
        '  Wait.',
        '',
      ].join('\n'),
    );
  });

  it('says how far a step is every ten seconds', () => {
    let now = 0;
    const output = collector();
    const renderer = createPlainRenderer(output, () => now);
    renderer.report({ type: 'phase', subject: 'a', phase: 'packages' });
    for (let items = 0; items <= 25; items++) {
      now = items * 1000;
      renderer.report(progress(items));
    }
    expect(output.text().split('\n').slice(1)).toEqual([
      'a: fetching 10/100, 10.0 MiB of 100 MiB, 1.0 MiB/s, 1:30 left',
      'a: fetching 20/100, 20.0 MiB of 100 MiB, 1.0 MiB/s, 1:20 left',
      '',
    ]);
  });

  it('says only what went wrong when it is to be quiet', () => {
    const output = collector();
    const renderer = createQuietRenderer(output);
    renderer.report({ type: 'phase', subject: 'a', phase: 'indexes' });
    renderer.report({ type: 'done', subject: 'a', summary: 'x' });
    renderer.report({ type: 'failed', subject: 'a', code: 'LOCKED', message: 'busy' });
    expect(output.text()).toBe('a: busy (LOCKED)\n');
  });
});
