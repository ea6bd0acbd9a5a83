import { describe, expect, it } from 'vitest';
import { type BarOptions, createBarRenderer } from '../../../src/cli/render/bars.ts';
import type { MirrorEvent } from '../../../src/core/events.ts';
import { collector } from '../collector.ts';

const ESCAPE = '␛';
const MiB = 1024 * 1024;

/** What a terminal shows after the text: knows carriage returns, line feeds, cursor up (in its column) and erase to the end. */
function screen(text: string): string[] {
  const lines: string[] = [''];
  let row = 0;
  let column = 0;
  for (const token of text.replaceAll('\x1b', ESCAPE).match(/␛\[\d*[A-Za-z]|[\r\n]|[^␛\r\n]+/g) ?? []) {
    const up = /^␛\[(\d+)A$/.exec(token)?.[1];
    if (up !== undefined) row -= Number(up);
    else if (token === `${ESCAPE}[0J`) lines.splice(row, lines.length, (lines[row] ?? '').slice(0, column));
    else if (token === '\r') column = 0;
    else if (token === '\n') {
      row += 1;
      column = 0;
      lines[row] ??= '';
    } else if (!token.startsWith(ESCAPE)) {
      lines[row] = `${(lines[row] ?? '').slice(0, column).padEnd(column)}${token}`;
      column += token.length;
    }
  }
  expect(row).toBeGreaterThanOrEqual(0);
  return lines.slice(0, -1);
}

function start(options: Partial<BarOptions> = {}, size = { columns: 100, rows: 24 }) {
  const output = collector({ isTTY: true, ...size });
  const clock = { now: 0 };
  const renderer = createBarRenderer(output, { now: () => clock.now, colour: false, unicode: false, ...options });
  return { output, clock, renderer, shown: () => screen(output.text()) };
}

function progress(subject: string, items: number): MirrorEvent {
  return { type: 'progress', subject, phase: 'packages', items, totalItems: 10, bytes: items * MiB, totalBytes: 10 * MiB };
}

describe('cli/render/bars', () => {
  it('draws one line for each subject in place, with rate and time left', () => {
    const { clock, renderer, shown } = start();
    renderer.report({ type: 'phase', subject: 'a', phase: 'indexes', detail: '2 indexes' });
    expect(shown()).toEqual(['a  checking    2 indexes']);
    for (let items = 0; items <= 5; items++) {
      clock.now = items * 1000;
      renderer.report(progress('a', items));
    }
    clock.now += 200;
    renderer.report({ type: 'phase', subject: 'longer', phase: 'select' });
    expect(shown()).toEqual([
      'a       fetching    [##########..........]  50%  5/10  5.0 MiB of 10.0 MiB  1.0 MiB/s  0:05 left',
      'longer  selecting',
    ]);
  });

  it('draws ten times a second at most, and what is new in the end', async () => {
    const { output, clock, renderer, shown } = start();
    for (let items = 0; items < 10; items++) renderer.report(progress('a', items));
    const drawn = output.text();
    expect(shown()[0]).toContain('0/10');
    clock.now = 100;
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(output.text().length).toBeGreaterThan(drawn.length);
    expect(shown()[0]).toContain('9/10');
  });

  it('keeps what is finished above the bars', () => {
    const { clock, renderer, shown } = start();
    renderer.report(progress('a', 1));
    clock.now = 1000;
    renderer.report(progress('b', 1));
    renderer.report({ type: 'warning', subject: 'a', message: 'care' });
    renderer.report({ type: 'done', subject: 'a', summary: '10 packages' });
    renderer.report({ type: 'failed', subject: 'c', code: 'LOCKED', message: 'busy', hint: 'Wait.' });
    expect(shown().slice(0, 4)).toEqual(['! a: care', '* a: 10 packages', 'x c: busy (LOCKED)', '  Wait.']);
    expect(
      shown()
        .slice(4)
        .map((line) => line.slice(0, 3)),
    ).toEqual(['b  ']);
    renderer.close();
    expect(shown()).toEqual(['! a: care', '* a: 10 packages', 'x c: busy (LOCKED)', '  Wait.']);
  });

  it('never writes a line that the terminal would break, nor more than it has', () => {
    const narrow = start({}, { columns: 40, rows: 6 });
    for (let index = 0; index < 9; index++) {
      narrow.clock.now += 1000;
      narrow.renderer.report(progress(`subject-${index}`, index));
    }
    expect(narrow.shown()).toHaveLength(4);
    expect(narrow.shown().at(-1)).toBe('and 6 more');
    for (const line of narrow.shown()) expect(line.length).toBeLessThan(40);
  });

  it('shows how far it is also where names are long and the terminal narrow', () => {
    const { renderer, shown } = start({}, { columns: 60, rows: 24 });
    renderer.report(progress('a-mirror-with-quite-a-long-name', 5));
    expect(shown()).toEqual(['a-mirror-with-  fetching     50%  5/10  5.0 MiB of 10.0 MiB']);
  });

  it('takes a terminal that does not know its size for an ordinary one', () => {
    const { clock, renderer, shown } = start({}, { columns: 0, rows: 0 });
    for (const name of ['a', 'b', 'c']) {
      clock.now += 1000;
      renderer.report(progress(name, 5));
    }
    expect(shown()).toHaveLength(3);
    expect(shown()[0]).toContain('50%');
  });

  it('leaves nothing behind where Ctrl-C was echoed', () => {
    const { output, renderer, shown } = start();
    renderer.report(progress('a', 5));
    output.write('^C');
    renderer.close();
    expect(shown()).toEqual([]);
  });

  it('leaves escape sequences of an upstream harmless', () => {
    const { output, renderer } = start();
    renderer.report({ type: 'phase', subject: 'a\x1b[2J', phase: 'indexes', detail: 'x\x1b[2J' });
    renderer.report({ type: 'done', subject: 'a', summary: 'x\x1b[2J' });
    expect(output.text()).not.toContain('\x1b[2J');
  });

  it('uses colour and more than ASCII only where they are wanted', () => {
    const plain = start();
    const rich = start({ colour: true, unicode: true });
    for (const { renderer } of [plain, rich]) {
      renderer.report(progress('a', 5));
      renderer.report({ type: 'done', subject: 'a', summary: 'x' });
    }
    expect(rich.output.text()).toContain('\x1b[32m✓\x1b[0m a: x');
    expect(rich.output.text()).toContain('█████');
    expect(plain.output.text()).toMatch(/^\p{ASCII}*$/u);
    expect(plain.output.text().replaceAll('\x1b', ESCAPE)).not.toMatch(/␛\[\d+m/);
  });
});
