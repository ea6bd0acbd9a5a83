import { describe, expect, it } from 'vitest';
import { publicationDistribution, publicationPath, publicationSources } from '../../src/config/publications.ts';
import { configSchema, type PublicationConfig } from '../../src/config/schema.ts';

const config = configSchema.parse({
  storage: '/s',
  mirrors: {
    xenial: { type: 'apt', url: 'http://x/', suite: 'xenial', components: ['main'] },
    updates: { type: 'apt', url: 'http://x/', suite: 'xenial-updates', components: ['main'] },
    flat: { type: 'apt', url: 'http://x/', suite: './' },
    docker: { type: 'yum', url: 'http://x/' },
  },
  repos: { local: { type: 'yum' } },
  publications: {
    x: { from: ['xenial'], path: '/a/' },
    root: { from: ['xenial', 'updates'], path: '/' },
    d: { from: ['local', 'docker', 'local'] },
    c: { components: { main: ['xenial'], extra: ['xenial'] } },
    f: { from: ['flat'] },
  },
});

function publication(name: string): PublicationConfig {
  const found = config.publications[name];
  if (found === undefined) throw new Error(name);
  return found;
}

describe('config/publications', () => {
  it('lists sources once, in order', () => {
    expect(publicationSources(publication('d'))).toEqual(['local', 'docker']);
    expect(publicationSources(publication('c'))).toEqual(['xenial']);
  });

  it('is at its name, or at its path without a last slash', () => {
    expect(['x', 'root', 'd'].map((name) => publicationPath(name, publication(name)))).toEqual(['/a', '/', '/d']);
  });

  it('takes the distribution of its mirrors where they have one in common', () => {
    expect(['x', 'c', 'root', 'd', 'f'].map((name) => publicationDistribution(config, publication(name)))).toEqual([
      'xenial',
      'xenial',
      undefined,
      undefined,
      undefined,
    ]);
  });
});
