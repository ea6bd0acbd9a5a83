import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { PublicationState } from '../../src/store/catalogue.ts';
import { temporaryCatalogue } from './catalogue-fixture.ts';
import { sha256 } from './storage-fixture.ts';

function state(number: number, change: Partial<PublicationState> = {}): PublicationState {
  return {
    name: 'xenial',
    family: 'apt',
    path: '/ubuntu',
    distribution: 'xenial',
    components: ['main', 'universe'],
    architectures: ['amd64'],
    from: ['ubuntu-main'],
    verified: true,
    packagesSigned: false,
    signedBy: 'ABCD',
    publicKey: '-----BEGIN',
    packageKeys: [],
    packages: 10 + number,
    bytes: 1000,
    generation: {
      publication: 'xenial',
      number,
      digest: sha256(`map ${number}`),
      publishedAt: 1_700_000_000_000 + number,
      inputs: `inputs ${number}`,
      parts: [{ component: 'main', list: 1, supplements: [] }],
    },
    ...change,
  };
}

describe('store/publications', () => {
  it('points at what was published last, and keeps the generations', async () => {
    const { catalogue } = await temporaryCatalogue();
    expect(catalogue.publication('xenial')).toBeUndefined();
    catalogue.publish(state(1));
    expect(catalogue.publication('xenial')).toEqual(state(1));
    catalogue.publish(state(2));
    expect(catalogue.publication('xenial')).toEqual(state(2));
    expect(catalogue.generations('xenial')).toEqual([state(2).generation, state(1).generation]);
    expect(catalogue.publications()).toEqual([state(2)]);
  });

  it('goes back to an earlier generation, with what was true of it', async () => {
    const { catalogue } = await temporaryCatalogue();
    catalogue.publish(state(1));
    catalogue.publish(state(2));
    catalogue.publish(state(1));
    expect(catalogue.publication('xenial')).toEqual(state(1));
    expect(catalogue.generations('xenial').length).toBe(2);
  });

  it('does not replace a generation by another', async () => {
    const { catalogue } = await temporaryCatalogue();
    catalogue.publish(state(1));
    const other = state(1, { generation: { ...state(1).generation, digest: sha256('other') } });
    expect(() => catalogue.publish(other)).toThrow(expect.objectContaining({ code: 'LOCKED' }));
    expect(catalogue.publication('xenial')).toEqual(state(1));
  });

  it('keeps publications apart, and drops one with its generations', async () => {
    const { catalogue } = await temporaryCatalogue();
    const minimal = state(1, { name: 'docker', family: 'yum', generation: { ...state(1).generation, publication: 'docker' } });
    const { distribution: _d, signedBy: _s, publicKey: _k, ...unsigned } = minimal;
    catalogue.publish(state(1));
    catalogue.publish(unsigned);
    expect(catalogue.publication('docker')).toEqual(unsigned);
    expect(catalogue.dropPublication('xenial')).toBe(true);
    expect(catalogue.dropPublication('xenial')).toBe(false);
    expect(catalogue.generations('xenial')).toEqual([]);
    expect(catalogue.publications()).toEqual([unsigned]);
    catalogue.publish(state(1));
  });

  it('says so when its row is damaged', async () => {
    const { catalogue, storage } = await temporaryCatalogue();
    const database = new Database(`${storage}/state.db`);
    for (const column of ['state', 'parts']) {
      catalogue.publish(state(1));
      database.prepare(`UPDATE generations SET ${column} = '{"a":'`).run();
      expect(() => catalogue.publications()).toThrow(expect.objectContaining({ code: 'BLOB_CORRUPT' }));
      catalogue.dropPublication('xenial');
    }
    database.close();
  });
});
