import { ERROR_CODES, type ErrorCode } from '@parley/protocol';
import type { AppError } from '../lib/app-error.ts';

/** Media type of RFC 9457. */
export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** The body of every answer that is an error. `code` is what programs go by; it is the same at the socket. */
export interface Problem {
  /** Where the code is explained, on this server. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly code: ErrorCode;
  readonly request_id: string;
  readonly retryAfterMs?: number;
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[];
}

export interface ProblemContext {
  /** Path of the request, without its query. */
  readonly instance: string;
  readonly requestId: string;
}

/** The problem of an error; what it was caused by stays here. */
export function problemOf(error: AppError, { instance, requestId }: ProblemContext): Problem {
  const { status, meaning } = ERROR_CODES[error.code];
  return {
    type: `/docs#error-${error.code}`,
    title: meaning,
    status,
    detail: error.message,
    instance,
    code: error.code,
    request_id: requestId,
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    ...(error.issues === undefined
      ? {}
      : { errors: error.issues.map(({ path, message }) => ({ pointer: pointerOf(path), message })) }),
  };
}

/** Headers that go with a problem: when to come back, and how to say who one is. */
export function problemHeaders(error: AppError): Record<string, string> {
  const { status } = ERROR_CODES[error.code];
  return {
    'content-type': PROBLEM_TYPE,
    ...(error.retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(error.retryAfterMs / 1_000)) }),
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
  };
}

/** A JSON pointer (RFC 6901) from a dotted path. */
function pointerOf(path: string): string {
  return path === '' ? '' : `/${path.split('.').join('/')}`;
}
