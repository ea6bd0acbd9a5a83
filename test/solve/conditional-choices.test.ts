import { describe, expect, it } from 'vitest';
import { FALSE, TRUE } from '../../src/solve/assignment.ts';
import { ConditionalChoices } from '../../src/solve/conditional-choices.ts';

describe('solve/conditional-choices', () => {
  /** Values of six variables, of which those named have one. */
  const values = (given: Readonly<Record<number, number>>): Int8Array => {
    const all = new Int8Array(12);
    for (const [variable, value] of Object.entries(given)) all[Number(variable) * 2] = value;
    return all;
  };

  it('asks for a choice once all of its conditions are true, whichever comes last', () => {
    const choices = new ConditionalChoices();
    choices.add([0, 1], [2, 3]);
    expect(choices.open(0, values({ 0: TRUE }))).toBe(-1);
    expect(choices.open(1, values({ 0: TRUE, 1: TRUE }))).toBe(2);
    expect(choices.open(0, values({ 0: TRUE, 1: TRUE }))).toBe(2);
  });

  it('passes over what is false, and asks for nothing where a choice is made', () => {
    const choices = new ConditionalChoices();
    choices.add([0, 1], [2, 3]);
    expect(choices.open(1, values({ 0: TRUE, 1: TRUE, 2: FALSE }))).toBe(3);
    expect(choices.open(1, values({ 0: TRUE, 1: TRUE, 3: TRUE }))).toBe(-1);
    expect(choices.open(1, values({ 0: TRUE, 1: TRUE, 2: FALSE, 3: FALSE }))).toBe(-1);
  });

  it('goes on to the next choice of the same condition', () => {
    const choices = new ConditionalChoices();
    choices.add([0, 1], [2, 3]);
    choices.add([0, 4], [5, 3]);
    expect(choices.open(0, values({ 0: TRUE, 1: TRUE, 2: TRUE, 4: TRUE }))).toBe(5);
    expect(choices.open(2, values({ 0: TRUE, 1: TRUE, 4: TRUE }))).toBe(-1);
  });
});
