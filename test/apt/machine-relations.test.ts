import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AptCandidate, labelOf, readCandidate } from '../../src/apt/candidate.ts';
import { createUniverse } from '../../src/apt/dependencies/universe.ts';
import { parseStanzas } from '../../src/apt/format/deb822.ts';
import { parseRelations } from '../../src/apt/format/relations.ts';
import { fieldOf } from '../../src/apt/format/stanza.ts';
import { compareVersions } from '../../src/apt/format/version.ts';
import { installableClosure } from '../../src/solve/installable-closure.ts';
import { type AptClient, createAptClient } from '../support/apt-client.ts';
import { largestMachineIndex } from '../support/machine-index.ts';
import { describeWithTools } from '../support/requirements.ts';

/** Prints, for each field that is given in JSON a line, what apt reads in it. */
const READ_WITH_APT = `
import apt_pkg, json, sys
apt_pkg.init()
for line in sys.stdin:
    print(json.dumps(apt_pkg.parse_depends(json.loads(line), False)))
`;
const FIELDS = [
  'Pre-Depends',
  'Depends',
  'Recommends',
  'Suggests',
  'Enhances',
  'Breaks',
  'Conflicts',
  'Replaces',
  'Provides',
  'Built-Using',
];
const STRONG = { recommends: false, suggests: false, source: false, allVariants: false };

/** Numbers below a bound, always the same ones. */
function randomNumbers(): (below: number) => number {
  let state = 7;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

const largest = largestMachineIndex();

describeWithTools(
  ['apt-get', 'apt-cache', 'dpkg', 'python3-apt', 'dose-debcheck'],
  'apt, with the relations and versions of the archive of this machine',
  () => {
    const root = mkdtempSync(join(tmpdir(), 'mirror-machine-relations-'));
    const candidates: AptCandidate[] = [];
    let client: AptClient;
    const aptEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env, APT_CONFIG: join(client.root, 'apt.conf'), LC_ALL: 'C' });

    beforeAll(async () => {
      const bytes = largest?.bytes ?? Buffer.alloc(0);
      for (const stanza of parseStanzas(bytes, 'Packages')) {
        candidates.push(readCandidate(stanza, { mirror: 'machine', component: 'main', what: 'Packages' }));
      }
      client = createAptClient(join(root, 'client'));
      mkdirSync(join(root, 'archive'));
      writeFileSync(join(root, 'archive/Packages'), bytes);
      client.sources(`Types: deb\nURIs: file:${root}/archive\nSuites: ./\nTrusted: yes\n`);
      await client.get('update');
    }, 120_000);
    afterAll(() => rmSync(root, { recursive: true }));

    const withIndex = it.skipIf(largest === undefined && process.env['CI'] !== 'true');

    withIndex(
      'reads every relation of every field as apt does',
      () => {
        const texts = candidates.flatMap(({ stanza }) => FIELDS.flatMap((field) => fieldOf(stanza, field) ?? []));
        const input = `${texts.map((text) => JSON.stringify(text)).join('\n')}\n`;
        const answers = execFileSync('/usr/bin/python3', ['-c', READ_WITH_APT], { input, encoding: 'utf8', maxBuffer: 2 ** 30 })
          .trim()
          .split('\n');
        const strict: Readonly<Record<string, string>> = { '<<': '<', '>>': '>' };
        const ours = (text: string): string =>
          JSON.stringify(
            parseRelations(text, 'it').map(({ alternatives }) =>
              alternatives.map(({ name, qualifier, relation = '', version = '' }) => [
                qualifier === undefined ? name : `${name}:${qualifier}`,
                version,
                strict[relation] ?? relation,
              ]),
            ),
          );
        const wrong = texts.filter((text, index) => ours(text) !== JSON.stringify(JSON.parse(answers[index] ?? 'null')));
        expect(wrong).toEqual([]);
        expect(texts.length).toBeGreaterThan(candidates.length);
      },
      60_000,
    );

    withIndex(
      'finds what nothing satisfies where apt finds it',
      () => {
        const unmet = execFileSync('apt-cache', ['unmet', '--important'], { env: aptEnvironment(), encoding: 'utf8', maxBuffer: 2 ** 28 });
        const theirs = new Map<string, number>();
        let label = '';
        for (const line of unmet.split('\n')) {
          const head = /^Package (\S+) version (\S+) has an unmet dep:/.exec(line);
          if (head !== null) label = `${head[1]} ${head[2]}`;
          else if (/^ (?:Pre)?Depends: /.test(line)) theirs.set(label, (theirs.get(label) ?? 0) + 1);
        }
        const universe = createUniverse(candidates);
        const ours = new Map<string, number>();
        for (const candidate of candidates) {
          const open = universe
            .requirements(candidate, STRONG)
            .filter(({ alternatives }) => alternatives.every((list) => list.length === 0));
          if (open.length > 0) ours.set(`${candidate.name} ${candidate.version}`, open.length);
        }
        expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs));
      },
      60_000,
    );

    withIndex(
      'orders 500 pairs of versions, some changed a little, as dpkg does',
      () => {
        const below = randomNumbers();
        const changes: readonly ((version: string) => string)[] = [
          (version) => version,
          (version) => `${version}~`,
          (version) => `${version}+b1`,
          (version) => version.replace(/-[^-]*$/, ''),
          (version) => version.replace(/\d+/, (digits) => `${Number(digits) + 1}`),
          (version) => version.replace(/\./, '.0'),
          (version) => version.replace(/^\d+:/, ''),
          (version) => `1:${version.replace(/^\d+:/, '')}`,
        ];
        const pick = (): string => candidates[below(candidates.length)]?.version ?? '1';
        const pairs = Array.from({ length: 500 }, (_, index) => {
          const one = pick();
          return [one, (changes[below(changes.length)] ?? String)(index % 2 === 0 ? one : pick())] as const;
        });
        const operators = pairs.map(([a, b]) => ['lt', 'eq', 'gt'][Math.sign(compareVersions(a, b)) + 1] ?? '');
        const script = 'while read -r a op b; do dpkg --compare-versions "$a" "$op" "$b" || echo "$a $op $b"; done';
        const input = pairs.map(([a, b], index) => `${a} ${operators[index]} ${b}\n`).join('');
        expect(execFileSync('sh', ['-c', script], { input, encoding: 'utf8' })).toBe('');
        expect(new Set(operators).size).toBe(3);
      },
      60_000,
    );

    withIndex(
      'selects for random packages what apt would install, and what dose-debcheck finds installable',
      async () => {
        const universe = createUniverse(candidates);
        const below = randomNumbers();
        const seeds = Array.from({ length: 10 }, () => candidates[below(candidates.length)]).filter((seed) => seed !== undefined);
        const sizes = { ours: 0, apt: 0, both: 0 };
        for (const seed of seeds) {
          const { selected } = installableClosure(universe, [seed], { ...STRONG, label: labelOf, compareVersions });
          expect(installableClosure(createUniverse(candidates), [seed], { ...STRONG, label: labelOf, compareVersions }).selected).toEqual(
            selected,
          );
          const file = join(root, 'closure.Packages');
          writeFileSync(file, selected.map(({ stanza }) => `${stanza}\n\n`).join(''));
          const verdict = spawnSync('dose-debcheck', ['--deb-native-arch=amd64', '--failures', file], { encoding: 'utf8' });
          expect(verdict.stdout).toContain(`total-packages: ${selected.length}`);
          expect([...verdict.stdout.matchAll(/^ *package: (\S+)$/gm)].map(([, name]) => name)).not.toContain(seed.name);
          const simulated = await client.get('install', '--simulate', '--no-install-recommends', seed.name);
          const installed = new Set([...simulated.stdout.matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name));
          sizes.ours += selected.length;
          sizes.apt += installed.size;
          sizes.both += selected.filter(({ name }) => installed.has(name)).length;
        }
        // Between packages that all do apt decides by the order of its own cache.
        expect(sizes.both).toBeGreaterThan(0.95 * Math.max(sizes.ours, sizes.apt));
      },
      120_000,
    );
  },
);
