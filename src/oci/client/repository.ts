import { z } from 'zod';
import { MirrorError } from '../../core/errors.ts';
import type { Answer, RequestBody } from '../../fetch/transport.ts';
import type { ImageContent } from '../content.ts';
import { type Descriptor, descriptorSchema } from '../format/descriptor.ts';
import { digestOf, hasDigest, isDigest } from '../format/digest.ts';
import { MAX_MANIFEST, referrersTag } from '../format/manifest.ts';
import { MANIFEST_TYPES } from '../format/media-types.ts';
import type { ManifestBytes, ResolvedManifest } from '../seed/target.ts';
import { listAt, readPages } from './pages.ts';
import { pullBlob } from './pull-blob.ts';
import { noBody, pushBlob } from './push-blob.ts';
import { registryError, smallBody } from './registry-error.ts';
import type { RegistrySession } from './registry-session.ts';

/** One repository of a registry. All calls throw FETCH_*, REGISTRY_REFUSED and ABORTED. */
export interface RegistryRepository extends ImageContent {
  /** What a tag or digest stands for; undefined where there is none. */
  resolve(reference: string): Promise<ResolvedManifest | undefined>;
  /** All tags; none where there is no such repository. */
  tags(): Promise<string[]>;
  hasBlob(digest: string): Promise<boolean>;
  /** Gives the repository a blob of another one. False where the registry does not. */
  mount(digest: string, from: string): Promise<boolean>;
  putBlob(blob: Descriptor, content: (start: number) => AsyncIterable<Buffer>): Promise<void>;
  /** Gives whether the registry keeps the list of what refers to a manifest itself. */
  putManifest(reference: string, manifest: ManifestBytes): Promise<{ readonly keepsReferrers: boolean }>;
  /** What refers to a manifest by the tag that stands for that list where a registry does not keep it; undefined where there is no such tag. */
  fallbackReferrers(digest: string): Promise<readonly Descriptor[] | undefined>;
  /** Deletes a manifest by its digest, or a tag. False where there is none. */
  delete(reference: string): Promise<boolean>;
}

const ACCEPT = MANIFEST_TYPES.join(', ');
const referrersList = listAt('manifests', descriptorSchema);

export function openRepository(session: RegistrySession, name: string): RegistryRepository {
  const pull = `repository:${name}:pull`;
  const push = `repository:${name}:pull,push`;
  const host = session.base.host;
  const manifestAt = (reference: string): string => `/v2/${name}/manifests/${reference}`;
  const ask = (method: 'GET' | 'HEAD', reference: string): Promise<Answer> =>
    session.send({
      method,
      target: manifestAt(reference),
      scope: pull,
      what: `the manifest ${reference} of ${name} at ${host}`,
      headers: { accept: ACCEPT },
    });
  const whole = async (reference: string): Promise<ManifestBytes | undefined> => {
    const what = `the manifest ${reference} of ${name} at ${host}`;
    const answer = await ask('GET', reference);
    if (answer.status === 404) {
      answer.discard();
      return undefined;
    }
    if (answer.status !== 200) throw await registryError(answer, what);
    const bytes = await smallBody(answer, what, MAX_MANIFEST);
    const claimed = isDigest(reference) ? reference : header(answer, 'docker-content-digest');
    const digest = claimed !== undefined && isDigest(claimed) ? claimed : digestOf(bytes);
    if (!hasDigest(bytes, digest)) throw new MirrorError('CHECKSUM_MISMATCH', `${what} is ${digestOf(bytes)}, ${digest} was expected`);
    return { digest, bytes, mediaType: typeOf(answer) };
  };
  const resolve = async (reference: string): Promise<ResolvedManifest | undefined> => {
    const answer = await ask('HEAD', reference);
    answer.discard();
    if (answer.status === 404) return undefined;
    const digest = isDigest(reference) ? reference : header(answer, 'docker-content-digest');
    const size = Number(answer.headers['content-length'] ?? Number.NaN);
    if (answer.status === 200 && digest !== undefined && isDigest(digest) && Number.isSafeInteger(size) && typeOf(answer) !== '')
      return { digest, size, mediaType: typeOf(answer) };
    // Some registries do not answer HEAD as they should.
    const found = await whole(reference);
    return found === undefined ? undefined : { digest: found.digest, size: found.bytes.length, mediaType: found.mediaType };
  };
  const fallbackReferrers = async (digest: string): Promise<readonly Descriptor[] | undefined> => {
    const found = await whole(referrersTag(digest));
    return found === undefined ? undefined : (referrersList.safeParse(parseJson(found.bytes)).data ?? []);
  };

  return {
    resolve,
    fallbackReferrers,
    async manifest({ digest, size }) {
      const found = await whole(digest);
      if (found === undefined) throw new MirrorError('IMAGE_UNKNOWN', `${name} at ${host} does not have the manifest ${digest}`);
      if (found.bytes.length !== size)
        throw new MirrorError(
          'CHECKSUM_MISMATCH',
          `the manifest ${digest} of ${name} has ${found.bytes.length} bytes, ${size} were expected`,
        );
      return found.bytes;
    },
    blob: (blob, start) => pullBlob(session, { repository: name, scope: pull, blob, start }),
    has: async () => true,
    async referrers(digest) {
      const what = `what refers to ${digest} in ${name} at ${host}`;
      const found = await readPages(session, { target: `/v2/${name}/referrers/${digest}`, scope: pull, what }, referrersList);
      return found ?? (await fallbackReferrers(digest)) ?? [];
    },
    tagged: resolve,
    tags: async () =>
      (await readPages(
        session,
        { target: `/v2/${name}/tags/list`, scope: pull, what: `the tags of ${name} at ${host}` },
        listAt('tags', z.string()),
      )) ?? [],
    async hasBlob(digest) {
      const what = `the blob ${digest} of ${name} at ${host}`;
      const answer = await session.send({ method: 'HEAD', target: `/v2/${name}/blobs/${digest}`, scope: push, what });
      answer.discard();
      if (answer.status === 200 || answer.status === 404) return answer.status === 200;
      throw await registryError(answer, what);
    },
    async mount(digest, from) {
      const what = `the blob ${digest} of ${from} for ${name} at ${host}`;
      const target = `/v2/${name}/blobs/uploads/?mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(from)}`;
      const answer = await session.send({ method: 'POST', target, scope: `${push} repository:${from}:pull`, what, body: noBody });
      answer.discard();
      if (answer.status === 201) return true;
      if (answer.status === 202 && answer.headers.location !== undefined) await forget(session, answer.headers.location, push);
      return false;
    },
    putBlob: (blob, content) => pushBlob(session, { repository: name, scope: push, blob, content }),
    async putManifest(reference, { mediaType, bytes }) {
      const what = `the manifest ${reference} to ${name} at ${host}`;
      const body = (): RequestBody => ({ length: bytes.length, content: only(bytes) });
      const headers = { 'content-type': mediaType };
      const answer = await session.send({ method: 'PUT', target: manifestAt(reference), scope: push, what, headers, body });
      if (answer.status !== 201 && answer.status !== 200) throw await registryError(answer, what);
      answer.discard();
      return { keepsReferrers: header(answer, 'oci-subject') !== undefined };
    },
    async delete(reference) {
      const what = `${isDigest(reference) ? 'the manifest' : 'the tag'} ${reference} of ${name} at ${host}`;
      const scope = `repository:${name}:delete`;
      const answer = await session.send({ method: 'DELETE', target: manifestAt(reference), scope, what });
      if (answer.status === 404) {
        answer.discard();
        return false;
      }
      if (answer.status !== 202 && answer.status !== 200 && answer.status !== 204) throw await registryError(answer, what);
      answer.discard();
      return true;
    },
  };
}

/** An upload that was begun instead of a mount is not wanted. */
async function forget(session: RegistrySession, location: string, scope: string): Promise<void> {
  const url = URL.parse(location, session.base.href);
  if (url === null || url.origin !== session.base.origin) return;
  (await session.send({ method: 'DELETE', target: url, scope, what: 'an upload that is not needed' })).discard();
}

function header({ headers }: Answer, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Without parameters. */
function typeOf({ headers }: Answer): string {
  return headers['content-type']?.split(';', 1)[0]?.trim() ?? '';
}

async function* only(bytes: Buffer): AsyncGenerator<Buffer> {
  if (bytes.length > 0) yield bytes;
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
