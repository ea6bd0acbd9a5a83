import type { MirrorError } from './errors.ts';

/** The steps that long operations go through, in the order in which they appear. */
export type Phase = 'indexes' | 'select' | 'packages' | 'read' | 'verify' | 'store' | 'publish' | 'transfer' | 'listen';

interface SubjectEvent {
  /** The mirror, publication or other named thing that the event is about. */
  readonly subject: string;
}

/** A step has begun. `detail` is a few words for a person: "12 indexes". */
export interface PhaseEvent extends SubjectEvent {
  readonly type: 'phase';
  readonly phase: Phase;
  readonly detail?: string;
}

/** How far a step is. Totals are undefined while they are not known. Sent often: a renderer throttles. */
export interface ProgressEvent extends SubjectEvent {
  readonly type: 'progress';
  readonly phase: Phase;
  readonly items: number;
  readonly totalItems: number | undefined;
  readonly bytes: number;
  readonly totalBytes: number | undefined;
}

/** Something a person should know that does not stop the work. */
export interface NoticeEvent extends SubjectEvent {
  readonly type: 'info' | 'warning';
  readonly message: string;
}

/** The subject is finished. `summary` is one line for a person. */
export interface DoneEvent extends SubjectEvent {
  readonly type: 'done';
  readonly summary: string;
}

/** The subject failed; the others go on. */
export interface FailedEvent extends SubjectEvent {
  readonly type: 'failed';
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** That something failed, by its error. */
export function failedEvent(subject: string, { code, message, hint }: MirrorError): FailedEvent {
  return { type: 'failed', subject, code, message, hint };
}

/** Everything that operations report. The terminal's bars, plain lines and job logs are renderings of these. */
export type MirrorEvent = PhaseEvent | ProgressEvent | NoticeEvent | DoneEvent | FailedEvent;

export type Reporter = (event: MirrorEvent) => void;
