import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'vitest';

/** Whether a program is on the PATH. */
export function hasTool(name: string): boolean {
  try {
    execFileSync('sh', ['-c', 'command -v "$1"', 'sh', name], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const sharedData = resolve(import.meta.dirname, '../../../shared/data');

/** Whether the system's Python has a module. */
function hasPythonModule(name: string): boolean {
  try {
    execFileSync('/usr/bin/python3', ['-c', `import ${name}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Real packages and repositories to test with, beside the checkout; undefined where they are not there. */
export const SHARED_DATA: string | undefined = existsSync(sharedData) ? sharedData : undefined;

const makeUpstream = resolve(import.meta.dirname, '../../../shared/tools/make-upstream');

/** Makes large, valid APT and RPM upstreams out of the machine's own package index; undefined where it is not there. */
export const MAKE_UPSTREAM: string | undefined = existsSync(makeUpstream) ? makeUpstream : undefined;

const makeBundle = resolve(import.meta.dirname, '../../../shared/tools/make-bundle');

/** Makes bundles of images as vendors ship them; undefined where it is not there. */
export const MAKE_BUNDLE: string | undefined = existsSync(makeBundle) ? makeBundle : undefined;

/** The archives that the machine's own apt uses, where the machine is a Debian. */
export const DEBIAN_SOURCES: string | undefined = ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list'].find(
  (path) => existsSync('/etc/debian_version') && existsSync(path),
);

const PYTHON_MODULES: Readonly<Record<string, string>> = {
  'python3-apt': 'apt_pkg',
  'python3-createrepo-c': 'createrepo_c',
  'python3-rpm': 'rpm',
  'python3-solv': 'solv',
};

/**
 * A group of tests that need real clients. Where one is missing the group is skipped, with the reason in its name; in CI that is a failure.
 * The names `shared data`, `make-upstream`, `make-bundle` and `debian sources` stand for SHARED_DATA, MAKE_UPSTREAM, MAKE_BUNDLE and DEBIAN_SOURCES,
 * `root` for being root, `python3-apt`, `python3-createrepo-c`, `python3-rpm` and `python3-solv` for those modules of the system's Python.
 */
export function describeWithTools(tools: readonly string[], name: string, tests: () => void): void {
  const special: Readonly<Record<string, boolean>> = {
    'shared data': SHARED_DATA !== undefined,
    'make-upstream': MAKE_UPSTREAM !== undefined,
    'make-bundle': MAKE_BUNDLE !== undefined,
    'debian sources': DEBIAN_SOURCES !== undefined,
    root: process.getuid?.() === 0,
  };
  const present = (tool: string): boolean => {
    const module = PYTHON_MODULES[tool];
    return module === undefined ? (special[tool] ?? hasTool(tool)) : hasPythonModule(module);
  };
  const missing = tools.filter((tool) => !present(tool));
  if (missing.length === 0) {
    describe(name, tests);
  } else if (process.env['CI'] === 'true') {
    it(`${name} needs ${missing.join(', ')}`, () => {
      throw new Error(`missing in CI: ${missing.join(', ')}`);
    });
  } else {
    describe.skip(`${name} (not here: ${missing.join(', ')})`, tests);
  }
}
