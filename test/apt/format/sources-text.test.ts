import { describe, expect, it } from 'vitest';
import { withDirectory } from '../../../src/apt/format/sources-text.ts';

describe('apt/format/sources-text', () => {
  it('replaces the Directory and nothing else', () => {
    const stanza = 'Package: a\ndirectory:  pool/x/a\nFiles:\n d41d8cd98f00b204e9800998ecf8427e 0 a.dsc\nX-Odd:y';
    expect(String(withDirectory(Buffer.from(stanza), 'pool/main/a/a'))).toBe(stanza.replace('  pool/x/a', ' pool/main/a/a'));
  });

  it('adds one where there is none', () => {
    expect(String(withDirectory(Buffer.from('Package: a'), 'pool/main/a/a'))).toBe('Package: a\nDirectory: pool/main/a/a');
  });
});
