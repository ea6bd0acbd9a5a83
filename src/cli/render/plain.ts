import { printable } from '../../core/errors.ts';
import type { MirrorEvent } from '../../core/events.ts';
import { followStep, PHASE_NAMES, progressParts, type StepProgress } from './progress.ts';
import { failureLines, type Output, type Renderer } from './renderer.ts';

/** Between two lines of progress of one subject, in milliseconds. */
const INTERVAL = 10_000;

/**
 * One line for each change, for logs: steps, every ten seconds how far a long step is, what ended and what failed.
 * @param now milliseconds of a clock that never goes back.
 */
export function createPlainRenderer(output: Output, now: () => number): Renderer {
  const steps = new Map<string, StepProgress>();
  const shown = new Map<string, number>();
  const line = (subject: string, text: string): void => {
    output.write(`${subject === '' ? '' : `${printable(subject)}: `}${printable(text)}\n`);
  };
  const progress = (event: MirrorEvent & { readonly type: 'progress' }): void => {
    const step = followStep(steps.get(event.subject), event, now());
    steps.set(event.subject, step);
    if (now() - (shown.get(event.subject) ?? now()) < INTERVAL) return;
    shown.set(event.subject, now());
    line(event.subject, `${PHASE_NAMES[event.phase]} ${progressParts(step).join(', ')}`);
  };

  return {
    report(event) {
      switch (event.type) {
        case 'phase':
          shown.set(event.subject, now());
          line(event.subject, event.detail === undefined ? PHASE_NAMES[event.phase] : `${PHASE_NAMES[event.phase]} ${event.detail}`);
          break;
        case 'progress':
          progress(event);
          break;
        case 'info':
          line(event.subject, event.message);
          break;
        case 'warning':
          line(event.subject, `warning: ${event.message}`);
          break;
        case 'done':
          line(event.subject, `done: ${event.summary}`);
          break;
        case 'failed':
          output.write(`${failureLines(event)}\n`);
          break;
      }
    },
    close() {},
  };
}
