import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AptCandidate } from '../../src/apt/candidate.ts';

/** The labels of the packages that dose-debcheck finds not installable on amd64, with packages of further architectures allowed. */
export function brokenByDose(candidates: readonly AptCandidate[], foreign: readonly string[] = []): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'mirror-dose-'));
  try {
    const file = join(folder, 'Packages');
    writeFileSync(file, `${candidates.map(({ stanza }) => stanza.toString()).join('\n\n')}\n`);
    const architectures = foreign.length === 0 ? [] : [`--deb-foreign-archs=${foreign.join(',')}`];
    const done = spawnSync('dose-debcheck', ['--deb-native-arch=amd64', ...architectures, '--failures', file], {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    // 1 says that some are broken.
    if (done.status !== 0 && done.status !== 1) throw new Error(`dose-debcheck ended with ${done.status}: ${done.stderr}`);
    const broken: string[] = [];
    for (const entry of done.stdout.split(/^ -$/m).slice(1)) {
      const field = (name: string): string => new RegExp(`^ +${name}: (.*)$`, 'm').exec(entry)?.[1]?.trim() ?? '';
      if (field('status') === 'broken') broken.push(`${field('package').replace(/:.*$/, '')}_${field('version')}_${field('architecture')}`);
    }
    return broken;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
