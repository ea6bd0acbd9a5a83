import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { configuredImageList, parseImageList } from '../../src/oci/format/image-list.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const examples = readdirSync(new URL('../../config', import.meta.url)).filter((name) => name.endsWith('.yaml'));

describe('config', () => {
  it.each(examples)('has %s that is right, with images that can be seeded', (name) => {
    const { registry } = parseConfig(read(`config/${name}`), `/etc/mirror/${name}`, {});
    const { entries, problems } = configuredImageList(registry?.images ?? [], registry?.charts ?? []);
    expect(problems).toEqual([]);
    expect(entries.length).toBeGreaterThan(1);
  });
});

describe('docs/guides/images', () => {
  const lists = [...read('docs/guides/images.md').matchAll(/```yaml\n((?:images|charts|official_images):[\s\S]*?)```/g)];

  it.each(lists.map(([, text = '']) => text))('shows list %# so that it can be read', (text) => {
    const { entries, problems } = parseImageList(text, 'images.md', { directory: '/' });
    expect(problems).toEqual([]);
    expect(entries.length).toBeGreaterThan(1);
  });
});
