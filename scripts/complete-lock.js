// Completes package-lock.json after `npm install` has changed it, so that `npm ci` works everywhere. Run it with `npm run lock`.
//
// npm leaves out optional packages for other platforms that the registry at hand does not have, and then `npm ci` calls the lock file out
// of step with package.json: they are added here, without a checksum, for npm to take where they exist. And it skips a native
// package whose `engines` exclude the Node that npm itself runs on, although the program runs on the Node that it installs: that is taken out.
import { readFileSync, writeFileSync } from 'node:fs';

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const PROCESSORS = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const packages = lock.packages;
let added = 0;
for (const owner of Object.values(packages)) {
  for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`;
    if (packages[path] !== undefined || !/^\d+\.\d+\.\d+/.test(version)) continue;
    packages[path] = { version, ...(owner.dev ? { dev: true } : {}), optional: true, ...platformOf(name) };
    added += 1;
  }
}
for (const [path, entry] of Object.entries(packages)) {
  if (path.startsWith('node_modules/@napi-rs/lzma')) delete entry.engines;
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`package-lock.json: ${added} optional packages for other platforms added\n`);

function platformOf(name) {
  const words = name.split(/[-/]/);
  const os = SYSTEMS.filter((system) => words.includes(system));
  const cpu = PROCESSORS.filter((processor) => words.some((word) => word.startsWith(processor))).slice(0, 1);
  const libc = /musl/.test(name) ? ['musl'] : os.includes('linux') ? ['glibc'] : [];
  return { ...(os.length > 0 ? { os } : {}), ...(cpu.length > 0 ? { cpu } : {}), ...(libc.length > 0 ? { libc } : {}) };
}
