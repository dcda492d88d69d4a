import type { ErrorFrame } from '@parley/protocol';
import type { AppError } from '../lib/app-error.ts';

/** The error frame of an error; what it was caused by stays here. */
export function errorFrameOf(ref: number | null, error: AppError): ErrorFrame {
  const frame: ErrorFrame = { t: 'error', ref, code: error.code, message: error.message };
  if (error.retryAfterMs !== undefined) frame.retryAfterMs = error.retryAfterMs;
  if (error.issues !== undefined) frame.issues = [...error.issues];
  return frame;
}
