import { type ErrorCode, isRetryable } from '@parley/protocol';

/** How loud an error is logged; a caller's mistake is `debug`, a fault of ours is `error`. */
export type ErrorLevel = 'debug' | 'info' | 'warn' | 'error';

/** What an {@link AppError} may be given besides code and message. */
export interface AppErrorDetails {
  /** By default `error` for `internal`, else `debug`. */
  readonly level?: ErrorLevel;
  /** How long the caller should wait before the same request can succeed, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** What is wrong where, for requests of the wrong shape. */
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
  readonly cause?: unknown;
}

/**
 * The refusal of one command or request, told to its caller by code. Messages read "unable to <do what>; <reason>", in
 * lower case, without user content.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly level: ErrorLevel;
  readonly retryAfterMs: number | undefined;
  readonly issues: AppErrorDetails['issues'];

  constructor(code: ErrorCode, message: string, details: AppErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'AppError';
    this.code = code;
    this.level = details.level ?? (code === 'internal' ? 'error' : 'debug');
    this.retryAfterMs = details.retryAfterMs;
    this.issues = details.issues;
  }

  /** Whether the same request may succeed later, unchanged. */
  get retryable(): boolean {
    return isRetryable(this.code);
  }
}
