import { statSync } from 'node:fs';
import module from 'node:module';
import { dirname, isAbsolute, join } from 'node:path';

/**
 * Has Node keep what it makes of the program's modules (types taken out, code compiled) for the next start, which takes a third of the time
 * then. It is kept in the user's cache folder, but only when that is the user's own: what is in there is run. NODE_COMPILE_CACHE names
 * another folder, and NODE_DISABLE_COMPILE_CACHE turns it off, as for every program on Node. Never throws: without a cache a start takes longer.
 *
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @param {number | undefined} user who runs this process.
 */
export function keepCompiledModules(environment, user) {
  const folder = cacheFolder(environment);
  if (folder !== undefined && ownerOf(folder) === user) module.enableCompileCache?.(join(folder, 'mirror', 'compiled'));
}

/** The user's cache folder, after the XDG Base Directory Specification. */
function cacheFolder({ XDG_CACHE_HOME: configured, HOME: home }) {
  if (configured !== undefined && isAbsolute(configured)) return configured;
  return home !== undefined && isAbsolute(home) ? join(home, '.cache') : undefined;
}

/** Of the folder, or of the one that it would be made in. */
function ownerOf(folder) {
  try {
    return (statSync(folder, { throwIfNoEntry: false }) ?? statSync(dirname(folder), { throwIfNoEntry: false }))?.uid;
  } catch {
    return undefined;
  }
}
