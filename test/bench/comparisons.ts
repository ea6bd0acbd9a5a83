import { oursForApt, oursForYum } from './ours.ts';
import { aptly, createrepo, reposync } from './peers.ts';
import type { Side } from './step.ts';
import type { Upstreams } from './upstreams.ts';

/** A line of the result: a step of ours beside one of a peer. */
export interface Comparison {
  readonly what: string;
  /** The names of a side's step, and of the side: `apt publish`. */
  readonly ours: StepName;
  readonly peer: StepName;
  /** How the peer is called in the table. */
  readonly peerName: string;
  /** The ratio of wall time that the project wants to stay below. */
  readonly target: number;
}

export interface StepName {
  readonly side: SideName;
  readonly step: string;
}

export type SideName = 'apt' | 'aptly' | 'yum' | 'reposync' | 'createrepo';

/** One step of a round. Steps that take minutes are `slow`; of peers they can be left out. */
export interface RoundStep extends StepName {
  readonly slow?: true;
}

export function sides(upstreams: Upstreams): Readonly<Record<SideName, Side>> {
  return {
    apt: oursForApt(upstreams),
    aptly: aptly(upstreams),
    yum: oursForYum(upstreams),
    reposync: reposync(upstreams),
    createrepo: createrepo(upstreams),
  };
}

/** In this order, so that what is compared is measured one right after the other. */
export const ROUND: readonly RoundStep[] = [
  { side: 'apt', step: 'sync' },
  { side: 'aptly', step: 'sync' },
  { side: 'apt', step: 'unchanged' },
  { side: 'aptly', step: 'unchanged' },
  { side: 'apt', step: 'publish' },
  { side: 'apt', step: 'change' },
  { side: 'apt', step: 'again' },
  { side: 'aptly', step: 'freeze', slow: true },
  { side: 'aptly', step: 'publish', slow: true },
  { side: 'aptly', step: 'publishWithoutContents', slow: true },
  { side: 'yum', step: 'sync' },
  { side: 'reposync', step: 'sync', slow: true },
  { side: 'yum', step: 'unchanged' },
  { side: 'reposync', step: 'unchanged', slow: true },
  { side: 'yum', step: 'publish' },
  { side: 'createrepo', step: 'publish' },
];

const ours = (side: SideName, step: string): StepName => ({ side, step });

export const COMPARISONS: readonly Comparison[] = [
  {
    what: 'apt: first sync',
    ours: ours('apt', 'sync'),
    peer: { side: 'aptly', step: 'sync' },
    peerName: '`aptly mirror update`',
    target: 0.7,
  },
  {
    what: 'apt: nothing changed',
    ours: ours('apt', 'unchanged'),
    peer: { side: 'aptly', step: 'unchanged' },
    peerName: '`aptly mirror update`',
    target: 0.2,
  },
  {
    what: 'apt: publish',
    ours: ours('apt', 'publish'),
    peer: { side: 'aptly', step: 'publish' },
    peerName: '`aptly publish snapshot`',
    target: 0.03,
  },
  {
    what: 'apt: publish',
    ours: ours('apt', 'publish'),
    peer: { side: 'aptly', step: 'publishWithoutContents' },
    peerName: '… `-skip-contents -skip-bz2`',
    target: 0.03,
  },
  {
    what: 'apt: publish again with one package more',
    ours: ours('apt', 'again'),
    peer: { side: 'aptly', step: 'publish' },
    peerName: '`aptly publish snapshot`',
    target: 0.015,
  },
  {
    what: 'yum: first sync',
    ours: ours('yum', 'sync'),
    peer: { side: 'reposync', step: 'sync' },
    peerName: '`dnf reposync`',
    target: 0.07,
  },
  {
    what: 'yum: nothing changed',
    ours: ours('yum', 'unchanged'),
    peer: { side: 'reposync', step: 'unchanged' },
    peerName: '`dnf reposync`',
    target: 0.1,
  },
  {
    what: 'yum: publish',
    ours: ours('yum', 'publish'),
    peer: { side: 'createrepo', step: 'publish' },
    peerName: '`createrepo_c --no-database`',
    target: 0.3,
  },
];
