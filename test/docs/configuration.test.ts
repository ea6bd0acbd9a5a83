import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { knownKeys, valueAt } from '../../src/config/known-keys.ts';
import { parseConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';

const document = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');

/** What the tables say: the default by key. */
const documented = new Map(
  [...document.matchAll(/^\| `([^`]+)` \| (?:\\\||[^|])+ \| ((?:\\\||[^|])+) \| .+ \|$/gm)].map(([, key = '', value = '']) => [key, value]),
);

/** Every key of the schema, with NAME for the names that a user chooses. A map that only holds other keys is none itself. */
function keysBelow(path: readonly string[]): string[] {
  return knownKeys(configSchema, undefined, path).flatMap((key) => {
    const here = [...path, key];
    const inside = keysBelow(here);
    const named = keysBelow([...here, 'NAME']);
    return [here.join('.'), ...inside, ...named];
  });
}

/** The items of a list have no names. */
const keys = keysBelow([]).map((key) => key.replace(/^(registry\.(?:images|charts))\.NAME\b/, '$1[]'));

/** Sections have a heading, and need no row. */
const isSection = (key: string): boolean => document.includes(`\n## \`${key}\`\n`);

/** What `least` has because it must, not by default. */
const GIVEN = new Set(['storage', 'signing.key', 'mirrors.NAME.type', 'mirrors.NAME.url', 'repos.NAME.type', 'publications.NAME.from']);
/** Defaults that are no part of the schema. */
const DECIDED_LATER = new Set(['publications.NAME.component']);
const APT_ONLY = new Set(['sources', 'udebs', 'installer', 'translations', 'contents', 'dep11', 'cnf'].map((key) => `mirrors.NAME.${key}`));
/** Where `least` shows a default, if not at the key itself. */
const DEFAULT_AT: Readonly<Record<string, readonly string[]>> = {
  'mirrors.NAME.withDeps': ['mirrors', 'apt', 'withDeps'],
  'serve.registry': ['nothing'],
  registry: ['nothing'],
  repos: ['groups'],
};

/** With everything in it that has keys with defaults, and nothing else. */
const least = configSchema.parse({
  storage: 'storage',
  signing: { key: 'key' },
  mirrors: { apt: { type: 'apt', url: 'http://a/', suite: 's' }, yum: { type: 'yum', url: 'http://a/', withDeps: {} } },
  repos: { published: { type: 'apt' } },
  publications: { published: { from: ['a'] } },
  serve: { registry: {} },
  registry: {},
});

describe('docs/configuration', () => {
  it('has every key of the schema', () => {
    expect(keys.length).toBeGreaterThan(50);
    expect(keys.filter((key) => !documented.has(key) && !isSection(key))).toEqual([]);
  });

  it('has no key that the schema lacks', () => {
    expect([...documented.keys()].filter((key) => !keys.includes(key))).toEqual([]);
    const headings = [...document.matchAll(/^## `([^`]+)`$/gm)].map(([, key]) => key);
    expect(headings).toEqual(knownKeys(configSchema, undefined, []));
  });

  it('has the defaults of the schema', () => {
    const wrong = [...documented].filter(([key, stated]) => {
      const at = (mirror: string): string[] => key.replace('mirrors.NAME', `mirrors.${mirror}`).replace('NAME', 'published').split('.');
      const value = valueAt(least, DEFAULT_AT[key] ?? at(APT_ONLY.has(key) ? 'apt' : 'yum'));
      const isCode = /^`[^`]*`$/.test(stated);
      if (GIVEN.has(key) || value === undefined) return isCode && !DECIDED_LATER.has(key);
      return stated !== `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
    });
    expect(wrong).toEqual([]);
  });

  it('begins with a configuration that is right', () => {
    const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(document) ?? [];
    expect(Object.keys(parseConfig(example, '/etc/mirror/mirror.yaml', {}).mirrors)).toEqual(['ubuntu-main', 'docker']);
  });
});
