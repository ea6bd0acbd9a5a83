import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { startRenewal } from '../../src/serve/renewal.ts';
import type { PublicationState } from '../../src/store/catalogue.ts';

const { publications } = configSchema.parse({
  storage: '/s',
  publications: {
    short: { from: ['x'], validFor: '10s' },
    other: { from: ['x'], validFor: '10s' },
    endless: { from: ['x'] },
    same: { from: ['x'], validFor: '10s', metadata: 'verbatim' },
  },
});

function stateOf(name: string, publishedAt: number): PublicationState {
  return {
    name,
    family: 'apt',
    path: `/${name}`,
    components: [],
    architectures: [],
    from: [],
    verified: true,
    packagesSigned: false,
    packageKeys: [],
    packages: 0,
    bytes: 0,
    generation: { publication: name, number: 1, digest: '', publishedAt, inputs: '', parts: [] },
  };
}

/** Lets the renewal look some times at publications of these ages, with a clock that goes ten times as fast. */
async function watch(ages: Readonly<Record<string, number>>, renew: (name: string, signal: AbortSignal) => Promise<void>, looks: number) {
  const begun = Date.now();
  const now = () => begun + (Date.now() - begun) * 10;
  const logged: string[] = [];
  const line = (level: string) => (message: string, fields?: object) => logged.push(`${level}: ${message} ${JSON.stringify(fields)}`);
  const renewal = startRenewal({
    publications,
    states: async () => Object.entries(ages).map(([name, age]) => stateOf(name, begun - age)),
    renew,
    clock: { now: () => new Date(now()) },
    log: { info: line('info'), warn: line('warn'), error: line('error') },
  });
  await setTimeout(looks * 1000 + 300);
  await renewal.close();
  return logged;
}

describe('serve/renewal', () => {
  it('renews what has passed half of its validity, and nothing else', async () => {
    const renewed: string[] = [];
    const logged = await watch(
      { short: 0, other: -1_000_000, endless: 1_000_000, same: 1_000_000, unknown: 1_000_000 },
      async (name) => void renewed.push(name),
      1,
    );
    expect(renewed).toEqual(['short']);
    expect(logged).toEqual(['info: the published metadata was renewed {"publication":"short"}']);
  });

  it('goes on with the others after a failure, and tries again', async () => {
    const tried: string[] = [];
    const logged = await watch(
      { short: 6000, other: 6000 },
      async (name) => {
        tried.push(name);
        if (name === 'short') throw new Error('no key');
      },
      2,
    );
    expect(tried).toEqual(['short', 'other', 'short', 'other']);
    expect(logged[0]).toMatch(/^error: .*"publication":"short","reason":"no key"/);
  });

  it('ends what is under way when it is closed', async () => {
    let ended = false;
    const logged = await watch(
      { short: 6000 },
      async (_, signal) => {
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        ended = true;
        throw new Error('was ended');
      },
      1,
    );
    expect(ended).toBe(true);
    expect(logged).toEqual([]);
  });
});
