import { type ErrorCode, isMirrorError, MirrorError } from '../../core/errors.ts';

/** What a registry refuses, each with the code that the command line shows for it. */
const PROBLEMS = {
  'blob-unknown': 'IMAGE_UNKNOWN',
  collected: 'BLOB_MISSING',
  'digest-invalid': 'CHECKSUM_MISMATCH',
  'manifest-blob-unknown': 'MANIFEST_INVALID',
  'manifest-invalid': 'MANIFEST_INVALID',
  'manifest-too-large': 'MANIFEST_INVALID',
  'manifest-unknown': 'IMAGE_UNKNOWN',
  'name-invalid': 'REFERENCE_INVALID',
  'name-unknown': 'IMAGE_UNKNOWN',
  'page-invalid': 'REGISTRY_REFUSED',
  'range-invalid': 'REGISTRY_REFUSED',
  'read-only': 'REGISTRY_REFUSED',
  'size-invalid': 'REGISTRY_REFUSED',
  'tag-invalid': 'REFERENCE_INVALID',
  'too-many-uploads': 'REGISTRY_REFUSED',
  'upload-busy': 'REGISTRY_REFUSED',
  'upload-unknown': 'REGISTRY_REFUSED',
} as const satisfies Readonly<Record<string, ErrorCode>>;

export type RegistryProblem = keyof typeof PROBLEMS;

/** What the embedded registry refuses: a MirrorError that says which problem it is in `details.problem`. */
export function registryProblem(problem: RegistryProblem, message: string, cause?: unknown): MirrorError {
  return new MirrorError(PROBLEMS[problem], message, { details: { problem }, cause });
}

/** Which problem of a registry an error is; undefined for any other error. A malformed manifest is one however it was found out. */
export function registryProblemOf(error: unknown): RegistryProblem | undefined {
  if (!isMirrorError(error)) return undefined;
  const problem = error.details?.['problem'];
  if (typeof problem === 'string' && isProblem(problem)) return problem;
  return error.code === 'MANIFEST_INVALID' ? 'manifest-invalid' : undefined;
}

function isProblem(text: string): text is RegistryProblem {
  return Object.hasOwn(PROBLEMS, text);
}
