import { formatCount } from '../../core/counts.ts';
import type { Phase, ProgressEvent } from '../../core/events.ts';
import { createRate, type Rate } from './rate.ts';
import { formatBytes, formatSeconds } from './units.ts';

/** What people call the steps. */
export const PHASE_NAMES: Readonly<Record<Phase, string>> = {
  indexes: 'checking',
  select: 'selecting',
  packages: 'fetching',
  read: 'reading',
  verify: 'verifying',
  store: 'storing',
  publish: 'publishing',
  transfer: 'seeding',
  listen: 'listening',
};

/** How far one step of one subject is, with its speed. */
export interface StepProgress {
  readonly event: ProgressEvent;
  readonly rate: Rate;
}

/** Takes up one more event of a step; another step starts anew. */
export function followStep(previous: StepProgress | undefined, event: ProgressEvent, now: number): StepProgress {
  const rate = previous?.event.phase === event.phase ? previous.rate : createRate();
  rate.add(event.bytes > 0 ? event.bytes : event.items, now);
  return { event, rate };
}

/** From 0 to 1, or undefined while the total is not known. */
export function fractionOf({ event }: StepProgress): number | undefined {
  const { bytes, totalBytes, items, totalItems } = event;
  if (totalBytes !== undefined && totalBytes > 0) return Math.min(1, bytes / totalBytes);
  return totalItems !== undefined && totalItems > 0 ? Math.min(1, items / totalItems) : undefined;
}

/** `120/1,234`, `12.3/45.6 MiB`, `8.1 MiB/s`, `0:12 left`, as far as each is known. */
export function progressParts(step: StepProgress): string[] {
  const { items, totalItems, bytes, totalBytes } = step.event;
  const parts = [totalItems === undefined ? formatCount(items) : `${formatCount(items)}/${formatCount(totalItems)}`];
  const counted = totalBytes ?? bytes;
  if (counted > 0) parts.push(totalBytes === undefined ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(totalBytes)}`);
  const speed = step.rate.perSecond();
  if (speed === undefined || speed <= 0) return parts;
  if (bytes > 0) parts.push(`${formatBytes(speed)}/s`);
  const left = bytes > 0 ? (totalBytes ?? bytes) - bytes : (totalItems ?? items) - items;
  if (left > 0) parts.push(`${formatSeconds(left / speed)} left`);
  return parts;
}
