import type { Candidate, Membership, Universe } from './universe.ts';

/** A membership in the terms of the solver. */
export interface NumberedMembership extends Membership {
  /** What stands for each of the members, in their order. */
  readonly variables: readonly number[];
}

/** The groups of a universe, with a variable for each of their members. */
export interface MemberVariables<C extends Candidate> {
  readonly count: number;
  of(candidate: C): readonly NumberedMembership[];
  /** The group that a variable is of a member of; undefined for any other variable. */
  groupOf(variable: number): MemberGroup | undefined;
}

export interface MemberGroup {
  readonly group: string;
  readonly members: readonly string[];
  readonly variables: readonly number[];
}

const NONE: readonly Membership[] = [];

/** Numbers the members of all groups from `first` on. */
export function numberMembers<C extends Candidate>(universe: Universe<C>, first: number): MemberVariables<C> {
  const groups = new Map<string, Map<string, number>>();
  const groupNames: string[] = [];
  const known = new Map<readonly Membership[], readonly NumberedMembership[]>();
  const variableOf = (group: string, member: string): number => {
    const members = groups.get(group) ?? new Map<string, number>();
    groups.set(group, members);
    const before = members.get(member);
    if (before !== undefined) return before;
    groupNames.push(group);
    const variable = first + groupNames.length - 1;
    members.set(member, variable);
    return variable;
  };
  const numbered = (list: readonly Membership[]): readonly NumberedMembership[] => {
    const before = known.get(list);
    if (before !== undefined) return before;
    const made = list.map(({ group, members }) => ({ group, members, variables: members.map((member) => variableOf(group, member)) }));
    known.set(list, made);
    return made;
  };
  const membershipsOf = (candidate: C): readonly NumberedMembership[] => numbered(universe.memberships?.(candidate) ?? NONE);
  for (const candidate of universe.candidates) membershipsOf(candidate);
  return {
    count: groupNames.length,
    of: membershipsOf,
    groupOf(variable) {
      const group = groupNames[variable - first];
      if (group === undefined) return undefined;
      const members = groups.get(group) ?? new Map<string, number>();
      return { group, members: [...members.keys()], variables: [...members.values()] };
    },
  };
}

/** Whether two of the candidates are of different members of one group, by themselves. */
export function haveDifferentMembers<C extends Candidate>(universe: Universe<C>, candidates: readonly C[]): boolean {
  const common = new Map<string, readonly string[]>();
  return candidates.some((candidate) =>
    (universe.memberships?.(candidate) ?? NONE).some(({ group, members }) => {
      const before = common.get(group) ?? members;
      const left = before.filter((member) => members.includes(member));
      common.set(group, left);
      return left.length === 0;
    }),
  );
}
