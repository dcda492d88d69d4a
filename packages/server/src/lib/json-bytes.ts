import { countWithin } from './count-within.ts';

/**
 * Most bytes that one answer may take of what a socket is allowed to have unsent: with a second one on its way, and with what
 * is said meanwhile, a slow but steady reader stays below the bound of his outbox.
 */
export const ANSWER_BYTES = 384 * 1024;

/** Those from the first on that one answer can hold; one at least, where there is any. */
export function fitting<Value>(values: readonly Value[]): readonly Value[] {
  return values.slice(0, countWithin(values, ANSWER_BYTES, jsonBytes));
}

/** What a value takes as JSON. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
