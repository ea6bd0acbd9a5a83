import { z } from 'zod';
import { isMirrorError, MirrorError } from '../../core/errors.ts';
import { bytesBody, type RequestBody } from '../../fetch/transport.ts';
import type { ImageContent } from '../content.ts';
import { type Descriptor, descriptorSchema, parseJsonBy } from '../format/descriptor.ts';
import { digestOf, hasDigest, isDigest } from '../format/digest.ts';
import { referrersTag } from '../format/digest-tags.ts';
import { MAX_MANIFEST } from '../format/manifest.ts';
import { isIndexType, MANIFEST_TYPES, MEDIA_TYPES } from '../format/media-types.ts';
import { isTag } from '../format/reference.ts';
import type { ManifestBytes, ResolvedManifest } from '../seed/target.ts';
import { listAt, readPages } from './pages.ts';
import { pullBlob } from './pull-blob.ts';
import { cancelUpload, locationOf, noBody, pushBlob } from './push-blob.ts';
import { type RegistryReply, registryError } from './registry-error.ts';
import type { RegistrySession } from './registry-session.ts';

/** One repository of a registry. All calls throw FETCH_*, REGISTRY_REFUSED and ABORTED. */
export interface RegistryRepository extends ImageContent {
  /**
   * What a tag or digest stands for; undefined where there is none. CHECKSUM_MISMATCH where the registry says that it is another digest than was asked for.
   * @param right `push` where the same repository is pushed to, so that one token does for both.
   */
  resolve(reference: string, right?: 'pull' | 'push'): Promise<ResolvedManifest | undefined>;
  /** The manifest itself; undefined where there is none. CHECKSUM_MISMATCH where it is not what its digest, or the registry, says. */
  manifestAt(reference: string): Promise<ManifestBytes | undefined>;
  /** All tags; none where there is no such repository. */
  tags(): Promise<string[]>;
  hasBlob(digest: string): Promise<boolean>;
  /** Gives the repository a blob of another one. False where the registry does not. */
  mount(digest: string, from: string): Promise<boolean>;
  /** Uploads a blob; see `SeedTarget.putBlob`. */
  putBlob(blob: Descriptor, content: (start: number) => AsyncIterable<Buffer>): Promise<void>;
  /** Gives whether the registry keeps the list of what refers to a manifest itself. CHECKSUM_MISMATCH where it stored something else. */
  putManifest(reference: string, manifest: ManifestBytes): Promise<{ readonly keepsReferrers: boolean }>;
  /** Deletes a manifest by its digest, or a tag. False where there is none. */
  delete(reference: string): Promise<boolean>;
}

const ACCEPT = { accept: MANIFEST_TYPES.join(', ') };
const referrersList = listAt('manifests', descriptorSchema);
/** What registries answer that do not know the referrers API, or are behind something that does not. */
const NO_REFERRERS = [400, 404, 405, 406, 501];

export function openRepository(session: RegistrySession, name: string): RegistryRepository {
  const rights = { pull: `repository:${name}:pull`, push: `repository:${name}:pull,push` } as const;
  const { host } = session.base;
  const manifestTarget = (reference: string): string => `/v2/${name}/manifests/${reference}`;
  const nameOf = (reference: string): string => `the manifest ${reference} of ${name} at ${host}`;

  const manifestAt = async (reference: string, scope: string = rights.pull): Promise<ManifestBytes | undefined> => {
    const what = nameOf(reference);
    const reply = await session.ask({ method: 'GET', target: manifestTarget(reference), scope, what, headers: ACCEPT }, MAX_MANIFEST);
    if (reply.status === 404) return undefined;
    if (reply.status !== 200) throw registryError(reply, what);
    const { bytes } = reply;
    const claimed = isDigest(reference) ? reference : header(reply, 'docker-content-digest');
    const digest = claimed !== undefined && isDigest(claimed) ? claimed : digestOf(bytes);
    if (!hasDigest(bytes, digest)) throw new MirrorError('CHECKSUM_MISMATCH', `${what} is ${digestOf(bytes)}, ${digest} was expected`);
    return { digest, bytes, mediaType: typeOf(reply) };
  };

  const resolve = async (reference: string, right: 'pull' | 'push' = 'pull'): Promise<ResolvedManifest | undefined> => {
    const scope = rights[right];
    const what = nameOf(reference);
    const reply = await session.ask({ method: 'HEAD', target: manifestTarget(reference), scope, what, headers: ACCEPT });
    if (reply.status === 404) return undefined;
    const stated = header(reply, 'docker-content-digest');
    if (reply.status === 200 && isDigest(reference) && stated !== undefined && stated !== reference)
      throw new MirrorError('CHECKSUM_MISMATCH', `${what} is said to be ${stated}`);
    const digest = isDigest(reference) ? reference : stated;
    const size = Number(reply.headers['content-length'] ?? Number.NaN);
    const mediaType = typeOf(reply);
    if (reply.status === 200 && digest !== undefined && isDigest(digest) && Number.isSafeInteger(size) && mediaType !== '')
      return { digest, size, mediaType };
    // Some registries do not answer HEAD as they should.
    const found = await manifestAt(reference, scope);
    return found === undefined ? undefined : { digest: found.digest, size: found.bytes.length, mediaType: found.mediaType };
  };

  /** The list that a registry keeps; undefined where it keeps none. */
  const listedReferrers = async (digest: string): Promise<Descriptor[] | undefined> => {
    const what = `what refers to ${digest} in ${name} at ${host}`;
    const target = `/v2/${name}/referrers/${digest}`;
    const request = { target, scope: rights.pull, what, headers: { accept: MEDIA_TYPES.index }, none: NO_REFERRERS };
    try {
      return await readPages(session, request, referrersList);
    } catch (error) {
      // A registry that does not know the path may have something else there, or guard it.
      if (isMirrorError(error, 'MANIFEST_INVALID', 'FETCH_DENIED')) return undefined;
      throw error;
    }
  };

  const taggedReferrers = async (digest: string): Promise<readonly Descriptor[]> => {
    const found = await manifestAt(referrersTag(digest));
    return found === undefined || !isIndexType(found.mediaType)
      ? []
      : parseJsonBy(referrersList, found.bytes, `what refers to ${digest} in ${name} at ${host}`);
  };

  return {
    resolve,
    manifestAt: (reference) => manifestAt(reference),
    async manifest({ digest, size }) {
      const found = await manifestAt(digest);
      if (found === undefined) throw new MirrorError('IMAGE_UNKNOWN', `${name} at ${host} does not have the manifest ${digest}`);
      const { length } = found.bytes;
      if (length !== size) throw new MirrorError('CHECKSUM_MISMATCH', `${nameOf(digest)} has ${length} bytes, ${size} were expected`);
      return found.bytes;
    },
    blob: (blob, start) => pullBlob(session, { repository: name, scope: rights.pull, blob, start }),
    has: async () => true,
    referrers: async (digest) => (await listedReferrers(digest)) ?? (await taggedReferrers(digest)),
    tagged: (tag) => resolve(tag),
    async tags() {
      const request = { target: `/v2/${name}/tags/list?n=1000`, scope: rights.pull, what: `the tags of ${name} at ${host}` };
      // What no tag can be called would lead elsewhere as a part of a path.
      return ((await readPages(session, request, listAt('tags', z.string()))) ?? []).filter(isTag);
    },
    async hasBlob(digest) {
      const what = `the blob ${digest} of ${name} at ${host}`;
      const reply = await session.ask({ method: 'HEAD', target: `/v2/${name}/blobs/${digest}`, scope: rights.push, what });
      if (reply.status === 200 || reply.status === 404) return reply.status === 200;
      throw registryError(reply, what);
    },
    async mount(digest, from) {
      const what = `the blob ${digest} of ${from} for ${name} at ${host}`;
      const target = `/v2/${name}/blobs/uploads/?mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(from)}`;
      const scope = `${rights.push} repository:${from}:pull`;
      try {
        const reply = await session.ask({ method: 'POST', target, scope, what, body: noBody });
        // An upload that was begun instead is not wanted.
        if (reply.status === 202) await cancelUpload(session, { repository: name, scope: rights.push }, locationOf(session, reply));
        return reply.status === 201;
      } catch (error) {
        // Who may not read the one may still push to the other.
        if (isMirrorError(error, 'FETCH_DENIED', 'REGISTRY_REFUSED')) return false;
        throw error;
      }
    },
    putBlob: (blob, content) => pushBlob(session, { repository: name, scope: rights.push, blob, content }),
    async putManifest(reference, { mediaType, bytes, digest }) {
      const what = `the manifest ${reference} to ${name} at ${host}`;
      const body = (): RequestBody => bytesBody(bytes);
      const headers = { 'content-type': mediaType };
      const reply = await session.ask({ method: 'PUT', target: manifestTarget(reference), scope: rights.push, what, headers, body });
      if (reply.status < 200 || reply.status > 299) throw registryError(reply, what);
      const stored = header(reply, 'docker-content-digest');
      if (stored !== undefined && isDigest(stored) && !hasDigest(bytes, stored))
        throw new MirrorError('CHECKSUM_MISMATCH', `${what} is ${digest}, and was stored as ${stored}`);
      return { keepsReferrers: header(reply, 'oci-subject') !== undefined };
    },
    async delete(reference) {
      const what = `${isDigest(reference) ? 'the manifest' : 'the tag'} ${reference} of ${name} at ${host}`;
      const scope = `repository:${name}:delete`;
      const reply = await session.ask({ method: 'DELETE', target: manifestTarget(reference), scope, what });
      if (reply.status === 404) return false;
      if (reply.status >= 200 && reply.status <= 299) return true;
      const { message } = registryError(reply, what);
      throw new MirrorError('REGISTRY_REFUSED', message, {
        hint: isDigest(reference)
          ? 'Deleting may be switched off in the registry.'
          : 'Some registries delete no tags: delete the manifest by its digest, which removes its tags.',
      });
    },
  };
}

function header({ headers }: RegistryReply, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Without parameters. */
function typeOf({ headers }: RegistryReply): string {
  return headers['content-type']?.split(';', 1)[0]?.trim() ?? '';
}
