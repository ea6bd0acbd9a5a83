import type { IncomingMessage } from 'node:http';
import type { TreeEntry } from '../store/generations.ts';

/**
 * Keeps a detached signature with the document that it is over. A client asks for one after the other, dnf over two connections; where a new
 * generation comes between, the signature of the new one would not fit the document that the client has, and would look like an attack.
 */
export interface SignaturePairs {
  /** Remembers, when a signed document is sent to a client, which signature belongs to it. Anything else is left alone. */
  documentSent(request: IncomingMessage, path: string, find: (path: string) => TreeEntry | undefined): void;
  /** The signature that fits the document that this client got last; undefined where there is nothing to remember. */
  signatureFor(request: IncomingMessage, path: string): TreeEntry | undefined;
}

/** What is appended to the name of a signed document for its signature. */
const SIGNATURES = [
  { document: /\/repomd\.xml$/, suffix: '.asc' },
  { document: /\/Release$/, suffix: '.gpg' },
];
const SIGNATURE = /\/(?:repomd\.xml\.asc|Release\.gpg)$/;
const REMEMBERED_MS = 60_000;
const MAX_REMEMBERED = 10_000;

export function createSignaturePairs(): SignaturePairs {
  const remembered = new Map<string, { readonly entry: TreeEntry; readonly until: number }>();
  return {
    documentSent(request, path, find) {
      const suffix = SIGNATURES.find(({ document }) => document.test(path))?.suffix;
      const entry = suffix === undefined ? undefined : find(path + suffix);
      if (entry === undefined) return;
      const key = clientKey(request, path + suffix);
      // Inserted anew, so that the first in the map is the oldest.
      remembered.delete(key);
      remembered.set(key, { entry, until: performance.now() + REMEMBERED_MS });
      for (const [oldest, { until }] of remembered) {
        if (remembered.size <= MAX_REMEMBERED && until > performance.now()) break;
        remembered.delete(oldest);
      }
    },
    signatureFor(request, path) {
      if (!SIGNATURE.test(path)) return undefined;
      const found = remembered.get(clientKey(request, path));
      return found === undefined || found.until < performance.now() ? undefined : found.entry;
    },
  };
}

/** Two clients behind one address with the same program may share this; then the one that asked last has its pair. */
function clientKey({ socket, headers }: IncomingMessage, path: string): string {
  return JSON.stringify([socket.remoteAddress, headers['x-forwarded-for'], headers['user-agent'], path]);
}
