import { describe, expect, it } from 'vitest';
import { onAbort } from '../../src/fetch/on-abort.ts';

describe('fetch/on-abort', () => {
  it('tells everybody who waits, and nobody who does not any more', () => {
    const controller = new AbortController();
    const told: string[] = [];
    onAbort(controller.signal, () => told.push('a'));
    const forget = onAbort(controller.signal, () => told.push('b'));
    onAbort(controller.signal, () => told.push('c'));
    onAbort(new AbortController().signal, () => told.push('another'));
    forget();
    controller.abort();
    expect(told).toEqual(['a', 'c']);
  });

  it('is told once, also when who is told stops waiting', () => {
    const controller = new AbortController();
    let told = 0;
    const forget = onAbort(controller.signal, () => {
      told++;
      forget();
    });
    controller.abort();
    controller.abort();
    expect(told).toBe(1);
  });
});
