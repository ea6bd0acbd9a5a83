import { expect, it } from 'vitest';
import { isMirrorError } from '../../../../src/core/errors.ts';
import { combineComps } from '../../../../src/yum/format/repodata/comps.ts';
import { combineModules } from '../../../../src/yum/format/repodata/modules.ts';
import { combineUpdateinfo } from '../../../../src/yum/format/repodata/updateinfo.ts';
import { describeWithTools } from '../../../support/requirements.ts';
import { EVERYTHING, sharedDocument } from './further-documents.ts';

const CASES = [
  ['zoo/comps.xml', combineComps],
  ['zoo/updateinfo.xml', combineUpdateinfo],
  ['modular/modules.yaml', combineModules],
] as const;

describeWithTools(['shared data'], 'yum/format: comps, updateinfo and modules that are damaged', () => {
  it.each(CASES)('%s is refused or read, and what was read can be read again', (path, combine) => {
    const document = sharedDocument(path);
    let state = 7;
    const random = (below: number): number => {
      state = (state * 1103515245 + 12345) % 2147483648;
      return Math.floor((state / 2147483648) * below);
    };
    const interesting = Buffer.from('<>&"\'/!-[]{}:#*%\n\0 \t|?=\x80');
    let refused = 0;
    for (let round = 0; round < 300; round++) {
      const from = random(document.bytes.length - 4000);
      // A part is enough for most, and much faster.
      const bytes = Buffer.from(round % 10 === 0 ? document.bytes : document.bytes.subarray(0, from + 4000));
      for (let change = 0; change <= round % 4; change++) bytes[random(bytes.length)] = interesting[random(interesting.length)] ?? 0;
      try {
        const { bytes: result } = combine([{ bytes, what: 'it' }, document], EVERYTHING);
        if (result !== undefined) expect(combine([{ bytes: result, what: 'again' }], EVERYTHING).bytes?.equals(result)).toBe(true);
      } catch (error) {
        if (!isMirrorError(error, 'METADATA_INVALID')) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(20);
    expect(refused).toBeLessThan(300);
  });
});
