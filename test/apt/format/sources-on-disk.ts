import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SourceSpec {
  readonly name: string;
  /** A native version. */
  readonly version: string;
  /** Besides the package of the source's own name. */
  readonly binaries?: readonly string[];
}

/** Makes a real source package with dpkg-source in the folder, and an unsigned .changes that names it. */
export function buildSource(
  folder: string,
  { name, version, binaries = [] }: SourceSpec,
): { readonly dsc: string; readonly changes: string } {
  const tree = join(folder, `${name}-${version}`);
  mkdirSync(join(tree, 'debian/source'), { recursive: true });
  const packages = [name, ...binaries].map((one) => `Package: ${one}\nArchitecture: any\nDescription: ${one}\n of a test\n`);
  const control = [
    `Source: ${name}`,
    'Section: misc',
    'Priority: optional',
    'Maintainer: Jörg Example <joerg@example.org>',
    'Build-Depends: debhelper (>= 10), libfoo-dev [amd64] <!nocheck>,',
    ' bar:native | baz',
    'Standards-Version: 4.5.0',
    'Vcs-Git: https://example.org/x.git',
  ];
  writeFileSync(join(tree, 'debian/control'), `${control.join('\n')}\n\n${packages.join('\n')}`);
  writeFileSync(join(tree, 'debian/source/format'), '3.0 (native)\n');
  writeFileSync(join(tree, 'debian/files'), '');
  writeFileSync(
    join(tree, 'debian/changelog'),
    `${name} (${version}) unstable; urgency=low\n\n  * A test.\n\n -- Jörg Example <joerg@example.org>  Thu, 01 Jan 2015 00:00:00 +0000\n`,
  );
  const quiet = { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] as const };
  execFileSync('dpkg-source', ['--build', tree], { ...quiet, stdio: 'ignore' });
  const changes = join(folder, `${name}_${version}_source.changes`);
  writeFileSync(changes, execFileSync('dpkg-genchanges', ['-S', '-q'], { ...quiet, cwd: tree, stdio: ['ignore', 'pipe', 'ignore'] }));
  return { dsc: join(folder, `${name}_${version}.dsc`), changes };
}
