import { describe, expect, it } from 'vitest';
import { ClauseStore } from '../../src/solve/clause-store.ts';

function storeOf(...clauses: readonly (readonly number[])[]): { readonly store: ClauseStore; readonly offsets: readonly number[] } {
  const store = new ClauseStore();
  store.reserve(100);
  return { store, offsets: clauses.map((literals, index) => store.add(literals, index, -index)) };
}

function watchers(store: ClauseStore, literal: number): number[] {
  const found: number[] = [];
  for (let clause = store.firstWatcher(literal); clause !== 0; clause = store.nextWatcher(clause, literal)) found.push(clause);
  return found.sort((a, b) => a - b);
}

describe('solve/clause-store', () => {
  it('keeps clauses with whose they are, and has their first two literals watched', () => {
    const { store, offsets } = storeOf([2, 5, 7], [5, 9], [5]);
    const [first = 0, second = 0, third = 0] = offsets;
    expect(offsets.map((clause) => [...store.literals(clause)])).toEqual([[2, 5, 7], [5, 9], [5]]);
    expect([store.owner(second), store.number(second), store.size(third)]).toEqual([1, -1, 1]);
    expect([2, 5, 7, 9].map((literal) => watchers(store, literal))).toEqual([[first], [first, second], [], [second]]);
    expect(store.otherWatched(second, 5)).toBe(9);
  });

  it('moves a watch from wherever it is in the list', () => {
    for (const moved of [0, 1, 2]) {
      const { store, offsets } = storeOf([5, 1, 20], [2, 5, 20], [5, 3, 20]);
      const clause = offsets[moved] ?? 0;
      let before = 0;
      for (let at = store.firstWatcher(5); at !== clause; at = store.nextWatcher(at, 5)) before = at;
      store.rewatch(clause, 5, [...store.data].indexOf(20, clause), before);
      expect(watchers(store, 5)).toEqual(offsets.filter((other) => other !== clause));
      expect(watchers(store, 20)).toEqual([clause]);
      expect([...store.literals(clause)].at(-1)).toBe(5);
    }
  });

  it('knows pairs, and what clauses were derived from', () => {
    const { store, offsets } = storeOf([3, 8], [3, 6, 8]);
    expect([3, 8, 6].map((literal) => [...store.partners(literal)])).toEqual([[8], [3], []]);
    const derived = store.addDerived([4, 6], offsets, [7]);
    expect(store.derivation(derived)).toEqual({ clauses: Int32Array.from(offsets), fixed: Int32Array.from([7]) });
    expect(store.derivation(offsets[0] ?? 0)).toBeUndefined();
  });

  it('grows', () => {
    const store = new ClauseStore();
    store.reserve(10);
    const many = Array.from({ length: 5000 }, (_, index) => store.add([0, 1, 2 + (index % 5)], index, 0));
    store.reserve(20_000);
    expect(watchers(store, 0)).toEqual(many);
    store.add([19_999, 0], 1, 1);
    expect(watchers(store, 19_999)).toHaveLength(1);
  });
});
