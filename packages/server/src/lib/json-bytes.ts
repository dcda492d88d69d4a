/**
 * Most bytes that one answer may take of what a socket is allowed to have unsent: with a second one on its way, and with what
 * is said meanwhile, a slow but steady reader stays below the bound of his outbox.
 */
export const ANSWER_BYTES = 384 * 1024;

/** What a value takes as JSON. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
