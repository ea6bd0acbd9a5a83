import { readFileSync, statSync } from 'node:fs';
import type { Server as HttpsServer } from 'node:https';
import { createSecureContext } from 'node:tls';
import { MirrorError, reasonOf } from '../core/errors.ts';
import type { Log } from './log.ts';

/** PEM files of a server certificate, with its chain, and of its key. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

export interface TlsContent {
  readonly cert: Buffer;
  readonly key: Buffer;
}

const CHECK_EVERY_MS = 2000;

/** Reads certificate and key. Throws LISTEN when one cannot be read or they do not belong together. */
export function readTls(files: TlsFiles): TlsContent {
  try {
    const content = { cert: readFileSync(files.cert), key: readFileSync(files.key) };
    createSecureContext(content);
    return content;
  } catch (error) {
    throw new MirrorError('LISTEN', `the TLS certificate ${files.cert} with the key ${files.key} cannot be used: ${reasonOf(error)}`, {
      hint: 'Set serve.tls.cert and serve.tls.key to PEM files that belong together.',
      cause: error,
    });
  }
}

/**
 * Gives the server a renewed certificate when the files change; connections that are open keep theirs. While the files do not belong together,
 * as when only one of them is replaced yet, the last certificate stays. Returns what ends the watching.
 */
export function watchTls(server: HttpsServer, files: TlsFiles, log: Log): () => void {
  let seen = fingerprint(files);
  const timer = setInterval(() => {
    const now = fingerprint(files);
    if (now === seen) return;
    seen = now;
    try {
      server.setSecureContext({ ...readTls(files), minVersion: 'TLSv1.2' });
      log.info('the TLS certificate was read again', { cert: files.cert });
    } catch (error) {
      log.warn('the changed TLS certificate is not used; the last one stays', { reason: reasonOf(error) });
    }
  }, CHECK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function fingerprint(files: TlsFiles): string {
  return [files.cert, files.key]
    .map((file) => {
      const found = statSync(file, { throwIfNoEntry: false });
      return found === undefined ? 'none' : `${found.ino}:${found.size}:${found.mtimeMs}:${found.ctimeMs}`;
    })
    .join(' ');
}
