#!/usr/bin/env node
// Plain JavaScript that any Node can read, so that one too old is told so instead of failing on syntax or in a native module.
import { existsSync } from 'node:fs';
import { keepCompiledModules } from './compile-cache.js';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (!((major === 22 && minor >= 20) || (major === 24 && minor >= 12) || major > 24)) {
  process.stderr.write(
    `mirror: needs Node 24.12 or newer (or 22.20), this is ${process.version}; start it with "npx mirror", which uses the runtime that npm ci installed\n`,
  );
  process.exit(2);
}
keepCompiledModules(process.env, process.getuid?.());
const built = new URL('../dist/cli/main.js', import.meta.url);
await import(existsSync(built) ? built.href : new URL('../src/cli/main.ts', import.meta.url).href);
