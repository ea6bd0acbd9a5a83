import { printable } from '../../core/errors.ts';
import type { MirrorEvent, Phase } from '../../core/events.ts';
import { followStep, fractionOf, PHASE_NAMES, progressParts, type StepProgress } from './progress.ts';
import { failureLines, type Output, type Renderer } from './renderer.ts';

export interface BarOptions {
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  readonly colour: boolean;
  /** Whether the terminal can be expected to show more than ASCII. */
  readonly unicode: boolean;
}

interface Subject {
  readonly phase: Phase;
  readonly detail: string | undefined;
  readonly step: StepProgress | undefined;
}

/** Between two drawings, in milliseconds. */
const INTERVAL = 100;
/** Characters of the longest and of the shortest bar; where there is no room for that, there is none. */
const LONGEST_BAR = 20;
const SHORTEST_BAR = 6;
const WIDEST_NAME = 30;

/** One line for each subject that is being worked on, drawn again in place; what is finished scrolls up above them. */
export function createBarRenderer(output: Output, options: BarOptions): Renderer {
  const subjects = new Map<string, Subject>();
  const painted = paint(options.colour);
  let drawn = 0;
  let lastDrawn = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  // Ctrl-C shows as ^C on the line below, so the way back begins at that line's start.
  const erase = (): string => (drawn === 0 ? '' : `\r\x1b[${drawn}A\x1b[0J`);
  const draw = (above = ''): void => {
    const lines = liveLines(subjects, output, options);
    output.write(`${erase()}${above}${lines.map((line) => `${line}\n`).join('')}`);
    drawn = lines.length;
    lastDrawn = options.now();
    clearTimeout(timer);
    timer = undefined;
  };
  const drawSoon = (): void => {
    const wait = lastDrawn + INTERVAL - options.now();
    if (wait <= 0) draw();
    else timer ??= setTimeout(draw, wait).unref();
  };
  const say = (mark: string, event: { readonly subject: string }, text: string): void =>
    draw(`${mark} ${event.subject === '' ? '' : `${printable(event.subject)}: `}${printable(text)}\n`);

  return {
    report(event: MirrorEvent) {
      switch (event.type) {
        case 'phase':
          subjects.set(event.subject, { phase: event.phase, detail: event.detail, step: undefined });
          drawSoon();
          break;
        case 'progress': {
          const before = subjects.get(event.subject);
          const step = followStep(before?.step, event, options.now());
          subjects.set(event.subject, { phase: event.phase, detail: before?.detail, step });
          drawSoon();
          break;
        }
        case 'info':
          say(' ', event, event.message);
          break;
        case 'warning':
          say(painted.yellow('!'), event, event.message);
          break;
        case 'done':
          subjects.delete(event.subject);
          say(painted.green(options.unicode ? '✓' : '*'), event, event.summary);
          break;
        case 'failed':
          subjects.delete(event.subject);
          draw(`${painted.red(options.unicode ? '✗' : 'x')} ${failureLines(event)}\n`);
          break;
      }
    },
    close() {
      clearTimeout(timer);
      output.write(erase());
      drawn = 0;
      subjects.clear();
    },
  };
}

function liveLines(subjects: ReadonlyMap<string, Subject>, output: Output, options: BarOptions): string[] {
  // A terminal that does not know its size says 0.
  const columns = Math.max(20, (output.columns || 80) - 1);
  const most = Math.max(1, (output.rows || 24) - 2);
  const names = [...subjects.keys()].map((name) => name.length);
  const width = Math.min(WIDEST_NAME, Math.floor(columns / 4), Math.max(0, ...names));
  const lines = [...subjects].map(([name, subject]) => {
    const label = `${printable(name).slice(0, width).padEnd(width)}  ${PHASE_NAMES[subject.phase].padEnd(10)}`;
    return subjectLine(label, subject, { columns, unicode: options.unicode });
  });
  const shown = lines.length > most ? [...lines.slice(0, most - 1), `and ${lines.length - most + 1} more`] : lines;
  return shown.map((line) => printable(line).slice(0, columns));
}

function subjectLine(
  label: string,
  { detail, step }: Subject,
  { columns, unicode }: { readonly columns: number; readonly unicode: boolean },
): string {
  if (step === undefined) return `${label}  ${detail ?? ''}`.trimEnd();
  const fraction = fractionOf(step);
  const parts = progressParts(step).join('  ');
  if (fraction === undefined) return `${label}  ${parts}`;
  const percent = `${String(Math.floor(fraction * 100)).padStart(3)}%  ${parts}`;
  const room = Math.min(LONGEST_BAR, columns - label.length - percent.length - 5);
  return room < SHORTEST_BAR ? `${label}  ${percent}` : `${label}  ${barOf(fraction, room, unicode)} ${percent}`;
}

function barOf(fraction: number, length: number, unicode: boolean): string {
  const full = Math.round(fraction * length);
  return unicode ? `${'█'.repeat(full)}${'░'.repeat(length - full)}` : `[${'#'.repeat(full)}${'.'.repeat(length - full)}]`;
}

function paint(colour: boolean): Record<'red' | 'green' | 'yellow', (text: string) => string> {
  const inColour = (code: number) => (text: string) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
  return { red: inColour(31), green: inColour(32), yellow: inColour(33) };
}
