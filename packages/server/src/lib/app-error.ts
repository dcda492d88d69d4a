import { type ErrorCode, isRetryable } from '@parley/protocol';

/** How loud an error is logged; a caller's mistake is `debug`, a fault of ours is `error`. */
export type ErrorLevel = 'debug' | 'info' | 'warn' | 'error';

/** What an {@link AppError} may be given besides code and message. */
export interface AppErrorOptions {
  /** By default `error` for `internal`, else `debug`. */
  readonly level?: ErrorLevel;
  /** When the same request may succeed, as far as known. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** The refusal of one command or request, told to its caller; the message reads "unable to <do what>; <reason>". */
export class AppError extends Error {
  readonly code: ErrorCode;
  /** Whether the same request may succeed later, unchanged. */
  readonly retryable: boolean;
  readonly level: ErrorLevel;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, { level, retryAfterMs, cause }: AppErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'AppError';
    this.code = code;
    this.retryable = isRetryable(code);
    this.level = level ?? (code === 'internal' ? 'error' : 'debug');
    this.retryAfterMs = retryAfterMs;
  }
}
