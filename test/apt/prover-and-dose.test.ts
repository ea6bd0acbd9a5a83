import { beforeAll, expect, it } from 'vitest';
import { type AptCandidate, labelOf, readCandidate } from '../../src/apt/candidate.ts';
import { createUniverse } from '../../src/apt/dependencies/universe.ts';
import { parseStanzas } from '../../src/apt/format/deb822.ts';
import { compareVersions } from '../../src/apt/format/version.ts';
import { createProver, type Prover } from '../../src/solve/prover.ts';
import { largestMachineIndex } from '../support/machine-index.ts';
import { describeWithTools } from '../support/requirements.ts';
import { brokenByDose } from './dose.ts';

function proverOf(candidates: readonly AptCandidate[]): Prover<AptCandidate> {
  return createProver(createUniverse(candidates), { recommends: false, native: 'amd64', compareVersions, label: labelOf });
}

/** Numbers from 0 to 1, always the same ones for a seed. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

const largest = largestMachineIndex();

describeWithTools(['apt-get', 'dose-debcheck'], 'apt, what can be installed from the archive of this machine', () => {
  /** What every machine has, and packages by chance with all that they need. */
  let sample: AptCandidate[] = [];
  let indispensable: ReadonlySet<AptCandidate> = new Set();

  beforeAll(() => {
    const origin = { mirror: 'machine', component: 'main', what: 'Packages' };
    const all = [...parseStanzas(largest?.bytes ?? Buffer.alloc(0), 'Packages')].map((stanza) => readCandidate(stanza, origin));
    const prover = proverOf(all);
    const held = (asked: readonly (readonly AptCandidate[])[]): readonly AptCandidate[] => {
      const proof = prover.prove(asked);
      return proof.installable ? proof.solution : [];
    };
    indispensable = new Set(held([]));
    const random = randomNumbers(1);
    const chosen = Array.from({ length: 300 }, () => all[Math.floor(random() * all.length)]).filter((one) => one !== undefined);
    const needed = new Set([...indispensable, ...chosen, ...chosen.flatMap((one) => held([[one]]))]);
    // To dose `perl:any (<< 5)` is satisfied by any perl that allows it, which it is not to apt.
    const isMisread = ({ stanza }: AptCandidate): boolean => /:any \(/.test(stanza.toString());
    sample = all.filter((candidate) => needed.has(candidate) && !isMisread(candidate));
  }, 60_000);

  it.skipIf(largest === undefined && process.env['CI'] !== 'true').each([0, 1, 2, 3])(
    'agrees with dose-debcheck on each package of a sample from which some are missing (%i)',
    (seed) => {
      const random = randomNumbers(seed);
      const there = sample.filter((candidate) => seed === 0 || indispensable.has(candidate) || random() > 0.02);
      const broken = proverOf(there).findBroken().map(labelOf);
      expect(broken.sort()).toEqual(brokenByDose(there).sort());
      if (seed > 0) expect(broken.length).toBeGreaterThan(10);
    },
    60_000,
  );

  it.skipIf(largest === undefined && process.env['CI'] !== 'true')(
    'explains failures by packages that fail without all others',
    () => {
      const random = randomNumbers(4);
      const there = sample.filter((candidate) => indispensable.has(candidate) || random() > 0.02);
      const prover = proverOf(there);
      const broken = prover.findBroken();
      for (const candidate of broken.filter((_, index) => index % Math.ceil(broken.length / 20) === 0)) {
        const proof = prover.prove([[candidate]]);
        if (proof.installable) throw new Error(`${labelOf(candidate)} can be installed after all`);
        const named = new Set(proof.explanation.steps.flatMap((step) => [step.package ?? '', ...step.candidates]));
        const only = there.filter((one) => named.has(labelOf(one)) || one === candidate || indispensable.has(one));
        expect(brokenByDose(only)).toContain(labelOf(candidate));
      }
    },
    60_000,
  );
});
