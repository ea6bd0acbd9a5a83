import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { succeed } from '../support/program.ts';
import type { Random } from './random.ts';

const NAMES = [
  'alpha',
  'beta',
  'gamma-libs',
  'delta(x86-64)',
  'perl(Foo::Bar)',
  'pkgconfig(x)',
  'font(:lang=cs)',
  'config(tool)',
  '/usr/bin/env',
];
const VERSIONS = ['1', '1.0-1', '2:1.0-1', '3~rc1', '1^git+5', '1.0+dfsg-2.el9', '0:4'];
const OPERATORS = ['=', '<', '>', '<=', '>='];
const RICH = ['(alpha and (beta or gamma-libs))', '(alpha >= 1.0 with alpha < 2)', '(a without b)'];
/** `if` is for relations that are needed, `unless` for the others. */
const RICH_IF = [...RICH, '(alpha if beta)', '(alpha if (beta or a) else gamma-libs)'];
const RICH_UNLESS = [...RICH, '(alpha unless beta)', '(alpha unless beta else gamma-libs)'];
const SENSES = ['', '', '', '(pre)', '(post)', '(preun)', '(postun)', '(pretrans)', '(posttrans)', '(verify)', '(pre,post)', '(meta)'];
const TEXTS = ['plain', 'Grüße <&> "x"', 'M\xfcller', '日本語 😀', 'tab\there', "quo'te", 'x & y'];
const FILES = [
  '/usr/bin/%n',
  '/etc/%n.conf',
  '/usr/share/%n/a b',
  '/usr/share/%n/a&b<c>',
  '/opt/%n/bin/x',
  '/usr/share/%n/ž',
  '/usr/lib/%n/lib%n.so.1',
  '/srv/%n',
];

/** A spec file of several packages of every kind that rpmbuild makes; a text is one byte for each character where it is no UTF-8. */
function randomSpec(random: Random, name: string, packages: number): Buffer {
  const epoch = random.oneIn(3) ? [`Epoch: ${random.below(4)}`] : [];
  const header = [
    `Name: ${name}`,
    `Version: ${random.pick(['1.0', '2.0~rc1', '3^git20200101', '4+x'])}`,
    `Release: ${random.pick(['1', '1.el9', '0.1~b2'])}`,
    ...epoch,
    `Summary: ${random.pick(TEXTS)}`,
    `Summary(de): ${random.pick(TEXTS)}`,
    'License: MIT & GPL-2.0-only',
    `Group: ${random.pick(['System', 'Développement'])}`,
    `URL: https://example.com/?a=1&b=${random.below(9)}`,
    `Packager: ${random.pick(TEXTS)} <p@example.com>`,
    `Vendor: ${random.pick(TEXTS)}`,
    'Source0: source.txt',
    ...(random.oneIn(2) ? ['NoSource: 0'] : []),
    'AutoReqProv: no',
    ...['BuildRequires: /bin/sh', 'BuildRequires: coreutils >= 1', 'BuildConflicts: nothing-at-all < 3'],
  ];
  const bodies = Array.from({ length: packages - 1 }, (_, index) => subpackage(random, `${name}-${index}`));
  const changelog = changes(random);
  const main = relations(random, name, true);
  const texts = [
    ...header,
    ...main,
    '%description',
    description(random),
    ...bodies.flatMap(({ preamble }) => preamble),
    '%install',
    ...bodies.flatMap(({ install }) => install),
    `install -D -m 755 /dev/null "%{buildroot}/usr/bin/${name}"`,
    '%files',
    `/usr/bin/${name}`,
    ...bodies.flatMap(({ files }) => files),
    '%changelog',
    ...changelog,
    '',
  ];
  return Buffer.concat(texts.flatMap((line) => [encoded(line), Buffer.from('\n')]));
}

/** As UTF-8, but the line with the one text that is not as it is. */
function encoded(line: string): Buffer {
  return Buffer.from(line, line.includes('M\xfcller') ? 'latin1' : 'utf8');
}

function description(random: Random): string {
  return random.some(4, () => random.pick(TEXTS)).join('\n') || 'x'.repeat(5000);
}

interface Subpackage {
  readonly preamble: readonly string[];
  readonly install: readonly string[];
  readonly files: readonly string[];
}

function subpackage(random: Random, name: string): Subpackage {
  const chosen = [...new Set(random.some(6, () => random.pick(FILES).replaceAll('%n', name)))];
  const ghost = random.oneIn(3) ? `/var/log/${name}.log` : undefined;
  const folder = random.oneIn(3) ? `/var/lib/${name}` : undefined;
  const kinds = ['', '', '%config ', '%config(noreplace) ', '%doc ', '%attr(4755, root, root) '];
  const scripts = ['%pre', '%post', '%preun', '%postun', '%pretrans', '%posttrans'].filter(() => random.oneIn(6));
  return {
    preamble: [
      `%package -n ${name}`,
      `Summary: ${random.pick(TEXTS)}`,
      ...(random.oneIn(4) ? [`Version: ${random.pick(['7', '8~a'])}`, `Epoch: ${random.below(3)}`] : []),
      ...(random.oneIn(3) ? ['BuildArch: noarch'] : []),
      'AutoReqProv: no',
      ...relations(random, name, false),
      ...(random.oneIn(4) ? [`Requires: /usr/bin/${name}`, `Requires: /usr/share/${name}/data`] : []),
      `%description -n ${name}`,
      description(random),
      ...scripts.flatMap((script) => [`${script} -n ${name}`, 'true']),
    ],
    install: [
      ...chosen.map((path) => `install -D -m 644 /dev/null "%{buildroot}${path}"`),
      ...(ghost === undefined ? [] : [`install -D -m 600 /dev/null "%{buildroot}${ghost}"`]),
      ...(folder === undefined ? [] : [`mkdir -p "%{buildroot}${folder}" && ln -s /nowhere "%{buildroot}${folder}/link"`]),
    ],
    files: [
      `%files -n ${name}`,
      ...chosen.map((path) => `${random.pick(kinds)}"${path}"`),
      ...(ghost === undefined ? [] : [`%ghost ${ghost}`]),
      ...(folder === undefined ? [] : [`%dir ${folder}`, `${folder}/link`]),
    ],
  };
}

function relations(random: Random, name: string, isMain: boolean): string[] {
  const relation = (): string => {
    const provided = random.pick(NAMES);
    return random.oneIn(2) || provided.startsWith('/') ? provided : `${provided} ${random.pick(OPERATORS)} ${random.pick(VERSIONS)}`;
  };
  const lines = random.some(3, () => `Provides: ${relation().replace(/ (?:<=|>=|<|>) /, ' = ')}`);
  lines.push(...random.some(8, () => `Requires${random.pick(SENSES)}: ${random.oneIn(6) ? random.pick(RICH_IF) : relation()}`));
  for (const kind of ['Conflicts', 'Obsoletes', 'Recommends', 'Suggests', 'Supplements', 'Enhances']) {
    const rich = kind === 'Recommends' || kind === 'Suggests' ? RICH_IF : RICH_UNLESS;
    const made = (): string => (random.oneIn(4) && kind !== 'Obsoletes' ? random.pick(rich) : relation());
    lines.push(...random.some(2, () => `${kind}: ${made()}`).filter((line) => !/^Obsoletes: .*[/(]/.test(line)));
  }
  if (random.oneIn(3)) lines.push(`Requires: ${name} = %{version}-%{release}`);
  if (random.oneIn(3)) lines.push(`Provides: ${name}%{?_isa}-extra = %{version}`, `Requires: ${name}%{?_isa}-extra = %{version}`);
  return isMain ? [...lines, 'OrderWithRequires: alpha'] : lines;
}

/** Some on one day, which is what a header has the date of. */
function changes(random: Random): string[] {
  let day = 28;
  return random
    .some(14, () => {
      day = Math.max(1, day - random.below(3));
      const date = new Date(Date.UTC(2024, 4, day));
      const written = `${date.toUTCString().slice(0, 3)} May ${String(day).padStart(2, '0')} 2024`;
      return [`* ${written} ${random.pick(TEXTS)} <c@example.com> - 1.0-${day}`, `- ${random.pick(TEXTS)}`, ''];
    })
    .flat();
}

/**
 * Builds packages with rpmbuild into a folder, at least `wanted`, from few spec files with many packages each, which is by far the fastest.
 * Payloads are not compressed.
 */
export async function buildRandomPackages(random: Random, folder: string, wanted: number): Promise<void> {
  const work = join(folder, '..', 'rpmbuild');
  for (const part of ['SOURCES', 'out']) mkdirSync(join(work, part), { recursive: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(work, 'SOURCES/source.txt'), 'a source\n');
  const each = 64;
  for (let index = 0; index * each < wanted; index++) {
    const spec = join(work, `random-${index}.spec`);
    writeFileSync(spec, randomSpec(random, `random${index}`, each));
    const defines = {
      _topdir: work,
      _rpmdir: join(work, 'out'),
      _srcrpmdir: join(work, 'out'),
      _rpmfilename: '%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm',
      _dbpath: join(work, 'db'),
      _binary_payload: 'w.ufdio',
      _source_payload: 'w.ufdio',
      _invalid_encoding_terminates_build: '0',
      __os_install_post: '%{nil}',
      __spec_install_pre: '%{___build_pre}',
      debug_package: '%{nil}',
    };
    const options = Object.entries(defines).flatMap(([key, value]) => ['--define', `${key} ${value}`]);
    await succeed('rpmbuild', ['-ba', '--quiet', '--nodeps', ...options, spec], { env: { LC_ALL: 'C.UTF-8' } });
  }
  for (const name of readdirSync(join(work, 'out'))) copyFileSync(join(work, 'out', name), join(folder, name));
}
