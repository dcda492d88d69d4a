import type { ErrorCode, ErrorFrame } from '@parley/protocol';

/** What can go wrong before a server has answered. */
export type LocalErrorCode =
  /** The client was closed. */
  | 'closed'
  /** The caller's AbortSignal fired. */
  | 'aborted'
  /** No answer within the deadline; whether the server did it is not known. */
  | 'timed_out'
  /** The socket was lost with the request on its way, and repeating it might do it twice. */
  | 'disconnected'
  /** The server could not be reached, or did not answer as a Parley server. */
  | 'unreachable'
  /** Too many messages wait to be sent. */
  | 'outbox_full'
  /** The message was taken back before it was sent. */
  | 'discarded';

/** Written out, since the protocol's own table carries a sentence for each code; a test holds the two together. */
const RETRYABLE: ReadonlySet<string> = new Set<ErrorCode | LocalErrorCode>([
  'key_in_use',
  'rate_limited',
  'busy',
  'expired',
  'draining',
  'unavailable',
  'internal',
  'timed_out',
  'disconnected',
  'unreachable',
]);

export interface ParleyErrorDetails {
  readonly retryAfterMs?: number | undefined;
  readonly issues?: ErrorFrame['issues'] | undefined;
  readonly cause?: unknown;
}

/** Every error that this SDK gives: look at `code`, and at `retryable` to know whether the same request may succeed later. */
export class ParleyError extends Error {
  override readonly name = 'ParleyError';
  /** A code of the protocol or of this SDK; a newer server may send others. */
  readonly code: ErrorCode | LocalErrorCode | (string & {});
  readonly retryable: boolean;
  /** How long to wait before trying again, when the server said. */
  readonly retryAfterMs: number | undefined;
  /** What is wrong where, for `bad_request`. */
  readonly issues: ErrorFrame['issues'];

  constructor(code: ParleyError['code'], message: string, details: ParleyErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.retryable = RETRYABLE.has(code);
    this.retryAfterMs = details.retryAfterMs;
    this.issues = details.issues;
  }
}

/** The error that a server's `error` frame stands for. */
export function errorFrom(frame: Pick<ErrorFrame, 'code' | 'message' | 'retryAfterMs' | 'issues'>): ParleyError {
  return new ParleyError(frame.code, frame.message, frame);
}

/** Makes a ParleyError of anything thrown. */
export function toParleyError(error: unknown, doing: string): ParleyError {
  if (error instanceof ParleyError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new ParleyError('unreachable', `unable to ${doing}; ${reason}`, { cause: error });
}
