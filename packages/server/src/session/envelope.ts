import { isCleanText } from '@parley/protocol';

/** A frame from a client before its meaning is looked at. */
export type Envelope =
  | { readonly kind: 'command'; readonly name: string; readonly ref: number; readonly input: Record<string, unknown> }
  | { readonly kind: 'hello' | 'resume' | 'ping'; readonly frame: Record<string, unknown> }
  | { readonly kind: 'malformed'; readonly ref: number | null; readonly why: string };

const MAX_NAME_LENGTH = 64;

/** Reads the envelope of a text frame; never throws. Unknown keys are refused here as everywhere. */
export function readEnvelope(text: string): Envelope {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return malformed(null, 'not JSON');
  }
  if (!isRecord(value)) return malformed(null, 'not a JSON object');
  const { t: name, ref, d: input } = value;
  const knownRef = typeof ref === 'number' && Number.isSafeInteger(ref) && ref >= 0 ? ref : null;
  if (typeof name !== 'string' || name.length > MAX_NAME_LENGTH || !isCleanText(name))
    return malformed(knownRef, 't must name a frame type');
  if (name === 'hello' || name === 'resume' || name === 'ping') return { kind: name, frame: value };
  if (knownRef === null) return malformed(null, 'ref must be a whole number from 0');
  if (input !== undefined && !isRecord(input)) return malformed(knownRef, 'd must be an object');
  for (const key in value)
    if (key !== 't' && key !== 'ref' && key !== 'd') return malformed(knownRef, 'unknown key beside t, ref and d');
  if (Object.hasOwn(value, '__proto__')) return malformed(knownRef, 'unknown key beside t, ref and d');
  return { kind: 'command', name, ref: knownRef, input: input ?? {} };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(ref: number | null, why: string): Envelope {
  return { kind: 'malformed', ref, why };
}
