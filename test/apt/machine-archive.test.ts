import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type AptCandidate, readCandidate } from '../../src/apt/candidate.ts';
import { createUniverse } from '../../src/apt/dependencies/universe.ts';
import { parseStanzas } from '../../src/apt/format/deb822.ts';
import { parseRelease } from '../../src/apt/format/release.ts';
import { packageSubject } from '../../src/apt/subject.ts';
import { splitCleartext } from '../../src/openpgp/cleartext.ts';
import { largestMachineIndex, readIndex } from '../support/machine-index.ts';
import { describeWithTools } from '../support/requirements.ts';

describeWithTools(['apt-get', 'dpkg'], 'apt, with the archive of this machine', () => {
  const largest = largestMachineIndex();

  it.skipIf(largest === undefined && process.env['CI'] !== 'true')('reads every package and every relation of the largest index', () => {
    const bytes = largest?.bytes ?? Buffer.alloc(0);
    const started = performance.now();
    const stanzas = [...parseStanzas(bytes, 'Packages')];
    expect(performance.now() - started).toBeLessThan(2000);
    expect(stanzas).toHaveLength(Number(execFileSync('grep', ['-c', '^Package: '], { input: bytes, encoding: 'utf8' })));
    expect(Buffer.concat(stanzas.flatMap((stanza) => [stanza.bytes, Buffer.from('\n\n')])).equals(bytes)).toBe(true);

    const origin = { mirror: 'machine', component: 'main', what: 'Packages' };
    const candidates: AptCandidate[] = stanzas.map((stanza) => readCandidate(stanza, origin));
    const universe = createUniverse(candidates);
    const everything = { recommends: true, suggests: true, source: false, allVariants: false };
    let all = 0;
    let unsatisfied = 0;
    for (const candidate of candidates) {
      universe.requirements(candidate, everything);
      for (const requirement of universe.requirements(candidate, { ...everything, recommends: false, suggests: false })) {
        all += 1;
        if (requirement.alternatives.every((list) => list.length === 0)) unsatisfied += 1;
      }
      packageSubject(candidate).satisfies('nothing-has-this-name', undefined, undefined);
    }
    // An archive is nearly closed in itself; wrong rules for versions, provided names or architectures leave thousands open.
    expect(all).toBeGreaterThan(candidates.length);
    expect(unsatisfied / all).toBeLessThan(0.001);
  });
});

describe('apt, with the signed documents of this machine', () => {
  it.skipIf(!existsSync('/var/lib/apt/lists'))('reads each InRelease', () => {
    const files = execFileSync('find', ['/var/lib/apt/lists', '-maxdepth', '1', '-name', '*_InRelease'], { encoding: 'utf8' });
    for (const file of files.split('\n').filter((name) => name !== '')) {
      const release = parseRelease(splitCleartext(readIndex(file)).text, file);
      expect(release.files.size).toBeGreaterThan(0);
      expect(release.date).toBeGreaterThan(0);
    }
  });
});
