import { describe, expect, it } from 'vitest';
import { inlineSecrets } from '../../src/config/inline-secrets.ts';

describe('config/inline-secrets', () => {
  it('finds passwords in URLs, wherever they are', () => {
    const value = { http: { proxy: 'http://u:secret@proxy:3128/' }, mirrors: { a: { url: ['http://x/', 'https://u:p@x/'] } } };
    expect(inlineSecrets(value).map((problem) => problem.path.join('.'))).toEqual(['http.proxy', 'mirrors.a.url.1']);
  });

  it('never repeats the password', () => {
    expect(JSON.stringify(inlineSecrets('http://u:secret@x/'))).not.toContain('secret@');
  });

  it('takes one from the environment, and URLs without one', () => {
    expect(inlineSecrets([`https://u:$\{PASSWORD}@x/`, 'https://u@x/', 'https://x:8080/a@b:c', 'text: a@b'])).toEqual([]);
  });

  it('refuses a password that only begins with a variable', () => {
    expect(inlineSecrets(`https://u:$\{PASSWORD}x@x/`)).toHaveLength(1);
  });
});
