import { describe, expect, it } from 'vitest';
import { missingNames } from '../../src/query/missing-names.ts';
import { parseQuery } from '../../src/query/parse.ts';

const missing = (query: string, known: readonly string[]): string[] => missingNames(parseQuery(query), (name) => known.includes(name));

describe('query/missing-names', () => {
  it('lists names that do not exist, once each, in order', () => {
    expect(missing('zsh | bash | ksh (>= 1), zsh {amd64}', ['bash'])).toEqual(['zsh', 'ksh']);
  });

  it('asks for nothing by globs, fields and what is negated', () => {
    expect(missing('lib*, !emacs, Section (web), $Version (1), Essential, X-Vendor-Thing', [])).toEqual([]);
  });

  it('takes the name out of a reference', () => {
    expect(missing('bash_5.2_amd64 | zsh_1_i386 | bash-5.2-1.el9.x86_64 | ksh-1-1.noarch', ['bash'])).toEqual([
      'zsh_1_i386',
      'ksh-1-1.noarch',
    ]);
    expect(missing('pam_ssh_agent_auth', ['pam_ssh_agent_auth'])).toEqual([]);
  });

  it('takes a capitalised term that is no known field for a name', () => {
    expect(missing('NetworkManager | NetworkManagre', ['NetworkManager'])).toEqual(['NetworkManagre']);
  });
});
