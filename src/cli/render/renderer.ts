import { printable } from '../../core/errors.ts';
import type { FailedEvent, MirrorEvent } from '../../core/events.ts';

/** Shows events to a person. */
export interface Renderer {
  report(event: MirrorEvent): void;
  /** Leaves the terminal as it was found; what was finished stays visible. Nothing is shown afterwards. */
  close(): void;
}

/** Where a renderer writes to: the standard error stream, or a test's collector. */
export interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string): unknown;
}

/** Only what went wrong. */
export function createQuietRenderer(output: Output): Renderer {
  return {
    report(event) {
      if (event.type === 'failed') output.write(`${failureLines(event)}\n`);
    },
    close() {},
  };
}

/** `subject: message (CODE)`, and the hint in a line of its own. */
export function failureLines(event: FailedEvent): string {
  return `${event.subject}: ${describeError(event)}`;
}

/** `message (CODE)`, the code at the end of the first line, and the hint in a line of its own. */
export function describeError(error: { readonly code: string; readonly message: string; readonly hint?: string | undefined }): string {
  const [first = '', ...rest] = printable(error.message).split('\n');
  const lines = [`${first} (${error.code})`, ...rest];
  if (error.hint !== undefined) lines.push(`  ${printable(error.hint)}`);
  return lines.join('\n');
}
