import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { debianArchitecture } from '../../../src/apt/format/architecture.ts';
import { describeWithTools } from '../../support/requirements.ts';

describe('apt/format/architecture', () => {
  it('knows the names that differ', () => {
    expect(['x64', 'arm', 'ia32', 'ppc64', 'arm64', 's390x', 'riscv64'].map(debianArchitecture)).toEqual([
      'amd64',
      'armhf',
      'i386',
      'ppc64el',
      'arm64',
      's390x',
      'riscv64',
    ]);
  });

  describeWithTools(['dpkg'], 'against dpkg', () => {
    it('agrees on this machine', () => {
      expect(debianArchitecture(process.arch)).toBe(execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim());
    });
  });
});
