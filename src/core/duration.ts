import { MirrorError } from './errors.ts';

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A duration as the configuration writes it (500ms, 30s, 5m, 12h, 7d), in milliseconds. Anything else is CONFIG_INVALID. */
export function parseDuration(text: string): number {
  const [, count, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  const factor = MILLISECONDS[unit ?? ''];
  if (count === undefined || factor === undefined)
    throw new MirrorError('CONFIG_INVALID', `"${text}" is not a duration`, {
      hint: 'Write a whole number and a unit: 500ms, 30s, 5m, 12h or 7d.',
    });
  return Number(count) * factor;
}
