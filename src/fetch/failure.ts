import type { ErrorCode } from '../core/errors.ts';
import { redactUrl } from '../core/redact.ts';
import { http } from './node-http.ts';

const { STATUS_CODES } = http;

/**
 * Whether the same URL is worth another try: `never`; `later`, after a delay; `now`, at once and without counting as a try, because
 * the fault may be on this side (a kept connection that the server had closed, or bytes that were left by an earlier run).
 */
export type Again = 'never' | 'later' | 'now';

export interface FailureOptions {
  readonly again: Again;
  /** Milliseconds that the server asked to wait. */
  readonly retryAfter?: number | undefined;
  readonly hint?: string | undefined;
  /** Whether it speaks against the server as a whole and not only against this file. */
  readonly blamesServer?: boolean | undefined;
  readonly status?: number | undefined;
}

/** Why one try of one URL failed. Never leaves this folder: the retry loop makes a MirrorError of what the tries said. */
export class TryFailure extends Error {
  override readonly name = 'TryFailure';
  readonly code: ErrorCode;
  readonly again: Again;
  readonly retryAfter: number | undefined;
  readonly hint: string | undefined;
  readonly blamesServer: boolean;
  readonly status: number | undefined;

  /** @param reason completes the sentence "cannot fetch URL: ..." and holds no credentials. */
  constructor(code: ErrorCode, reason: string, options: FailureOptions) {
    super(reason);
    this.code = code;
    this.again = options.again;
    this.retryAfter = options.retryAfter;
    this.hint = options.hint;
    this.blamesServer = options.blamesServer ?? false;
    this.status = options.status;
  }
}

/** What a status other than the wanted one means. `retryAfter` is in milliseconds. */
export function statusFailure(status: number, retryAfter: number | undefined): TryFailure {
  const reason = `the server answered ${status}${STATUS_CODES[status] === undefined ? '' : ` ${STATUS_CODES[status]}`}`;
  if (status === 404 || status === 410) return new TryFailure('FETCH_NOT_FOUND', reason, { again: 'never', status });
  if (status === 401 || status === 403)
    return new TryFailure('FETCH_DENIED', reason, {
      again: 'never',
      status,
      hint: 'Check username, passwordFile, clientCert and clientKey of the mirror, and that the address is the right one.',
    });
  if (status === 407)
    return new TryFailure('FETCH_DENIED', reason, { again: 'never', status, hint: 'The proxy wants other credentials; check http.proxy.' });
  const transient = status >= 500 || status === 408 || status === 425 || status === 429;
  const odd = status >= 200 && status < 300;
  return new TryFailure('FETCH_FAILED', reason, {
    again: transient || odd ? 'later' : 'never',
    status,
    retryAfter,
    blamesServer: transient,
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was closed by the other side',
  EPIPE: 'the connection was closed by the other side',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name could not be looked up',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
};

const CERTIFICATE = /^(UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|CERT_|ERR_TLS_CERT_|INVALID_CA|HOSTNAME_MISMATCH)/;

/** What an error of the connection means. */
export function connectionFailure(error: unknown): TryFailure {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const message = error instanceof Error ? error.message : String(error);
  const reason = REASONS[code] ?? message.replace(/[a-z][a-z0-9+.-]*:\/\/\S+/gi, (url) => redactUrl(url));
  if (CERTIFICATE.test(code))
    return new TryFailure('FETCH_FAILED', `the certificate of the server is not trusted (${reason})`, {
      again: 'never',
      blamesServer: true,
      hint: 'If a private authority signed it, name its certificate in http.ca.',
    });
  if (/^(ERR_SSL_|EPROTO)/.test(code))
    return new TryFailure('FETCH_FAILED', `no TLS connection (${reason})`, { again: 'never', blamesServer: true });
  if (code === 'ERR_PROXY_TUNNEL')
    return new TryFailure('FETCH_FAILED', `the proxy did not open a connection (${reason.split(/\r?\n/, 1)[0]})`, {
      again: /\b(407|403)\b/.test(reason) ? 'never' : 'later',
      hint: 'Check http.proxy, or http_proxy, https_proxy and no_proxy in the environment.',
    });
  return new TryFailure('FETCH_FAILED', reason, { again: code === 'ENOTFOUND' ? 'never' : 'later', blamesServer: true });
}
