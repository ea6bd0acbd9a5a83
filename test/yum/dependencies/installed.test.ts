import { describe, expect, it } from 'vitest';
import { labelOf, type YumCandidate } from '../../../src/yum/candidate.ts';
import { installedCandidates } from '../../../src/yum/dependencies/installed.ts';

function candidate(name: string, version: string, architecture = 'x86_64'): YumCandidate {
  const file = { location: `${name}.rpm`, size: 1, checksums: [] };
  return { mirror: 'm', name, version, architecture, ...file, base: undefined, element: Buffer.from(''), filelists: undefined };
}

describe('yum/dependencies/installed', () => {
  const available = [
    candidate('bash', '5.1-1.el9'),
    candidate('bash', '5.2-1.el9'),
    candidate('bash', '5.2-1.el9', 'src'),
    candidate('openssl', '1:3.0-2.el9'),
    candidate('openssl', '1:3.0-2.el9', 'i686'),
    candidate('perl-4-CORBA', '5.1-1', 'noarch'),
  ];
  const found = (text: string) => installedCandidates(Buffer.from(text), available).map(labelOf);

  it('finds what is listed in every form', () => {
    expect(found('bash\n')).toEqual(['bash-5.1-1.el9.x86_64', 'bash-5.2-1.el9.x86_64']);
    expect(found('bash=5.2-1.el9\r\n# openssl\n\nnot-there')).toEqual(['bash-5.2-1.el9.x86_64']);
    expect(found('openssl-3.0-2.el9.x86_64')).toEqual(['openssl-1:3.0-2.el9.x86_64']);
    expect(found('openssl-1:3.0-2.el9.i686\nperl-4-CORBA-5.1-1.noarch')).toEqual(['openssl-1:3.0-2.el9.i686', 'perl-4-CORBA-5.1-1.noarch']);
  });
});
