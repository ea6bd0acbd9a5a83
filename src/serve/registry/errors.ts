import type { OutgoingHttpHeaders } from 'node:http';
import { isMirrorError, reasonOf } from '../../core/errors.ts';
import { type RegistryProblem, registryProblemOf } from '../../oci/registry/problem.ts';
import { type Exchange, sendBytes } from '../responses.ts';

/** The codes of errors of the distribution specification, "Error Codes". */
export type OciErrorCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'UNSUPPORTED'
  | 'TOOMANYREQUESTS'
  /** Not in the specification; other registries use it where the fault is theirs. */
  | 'UNKNOWN';

interface HttpProblem {
  readonly status: number;
  readonly code: OciErrorCode;
}

const PROBLEMS: Readonly<Record<RegistryProblem, HttpProblem>> = {
  'blob-unknown': { status: 404, code: 'BLOB_UNKNOWN' },
  collected: { status: 503, code: 'UNKNOWN' },
  'digest-invalid': { status: 400, code: 'DIGEST_INVALID' },
  'manifest-blob-unknown': { status: 404, code: 'MANIFEST_BLOB_UNKNOWN' },
  'manifest-invalid': { status: 400, code: 'MANIFEST_INVALID' },
  'manifest-too-large': { status: 413, code: 'MANIFEST_INVALID' },
  'manifest-unknown': { status: 404, code: 'MANIFEST_UNKNOWN' },
  'name-invalid': { status: 400, code: 'NAME_INVALID' },
  'name-unknown': { status: 404, code: 'NAME_UNKNOWN' },
  'page-invalid': { status: 400, code: 'UNSUPPORTED' },
  'range-invalid': { status: 416, code: 'BLOB_UPLOAD_INVALID' },
  'read-only': { status: 405, code: 'UNSUPPORTED' },
  'size-invalid': { status: 400, code: 'SIZE_INVALID' },
  'tag-invalid': { status: 400, code: 'MANIFEST_INVALID' },
  'too-many-uploads': { status: 429, code: 'TOOMANYREQUESTS' },
  'upload-busy': { status: 409, code: 'BLOB_UPLOAD_INVALID' },
  'upload-unknown': { status: 404, code: 'BLOB_UPLOAD_UNKNOWN' },
};

const DISK_FULL: HttpProblem = { status: 507, code: 'UNKNOWN' };
/** Another process keeps the state database busy. */
const BUSY: HttpProblem = { status: 503, code: 'UNKNOWN' };

/** How an error of the registry is told over HTTP; undefined for what nobody foresaw. */
export function httpProblemOf(error: unknown): HttpProblem | undefined {
  const problem = registryProblemOf(error);
  if (problem !== undefined) return PROBLEMS[problem];
  if (isMirrorError(error, 'LOCKED')) return BUSY;
  return isMirrorError(error, 'STORAGE_FULL') ? DISK_FULL : undefined;
}

/** What a client is told of an error: of the server's own troubles no more than it needs. */
export function clientMessage(error: unknown): string {
  if (registryProblemOf(error) !== undefined) return reasonOf(error);
  return isMirrorError(error, 'STORAGE_FULL') ? 'No space is left on the disk of the server.' : 'The server failed to answer.';
}

export interface OciError extends HttpProblem {
  readonly message: string;
  readonly headers?: OutgoingHttpHeaders | undefined;
}

/** Answers with the JSON of the distribution specification, "Error Codes". */
export function sendOciError(exchange: Exchange, { status, code, message, headers }: OciError): void {
  const body = Buffer.from(`${JSON.stringify({ errors: [{ code, message }] })}\n`);
  sendBytes(exchange, status, body, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store', ...headers });
}
