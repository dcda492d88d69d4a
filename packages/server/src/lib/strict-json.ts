import { AppError } from './app-error.ts';

export interface JsonLimits {
  /** Deepest nesting: deeper ones parse, and then overflow the stack of whoever walks them. */
  readonly maxDepth: number;
  /** Keys of one object. */
  readonly maxKeys: number;
}

/** Keys that reach into the prototype of an object, wherever somebody copies it key by key. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Parses JSON from bytes: as `parseJson`, and nothing but plain UTF-8. A byte order mark is refused: JSON has none. */
export function parseJsonBytes(bytes: Uint8Array, limits: JsonLimits): unknown {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch (cause) {
    throw malformed('it is not UTF-8', cause);
  }
  return parseJson(text, limits);
}

/**
 * Parses JSON that means one thing: no key twice in an object, none that names a prototype, neither deep nor wide beyond
 * the limits. Throws `bad_request`; takes time in proportion to the text, and no stack.
 */
export function parseJson(text: string, limits: JsonLimits): unknown {
  let value: unknown;
  try {
    // The engine decides what is JSON; after it, the walk below can rely on the grammar.
    value = JSON.parse(text);
  } catch (cause) {
    throw malformed('it is not JSON', cause);
  }
  checkStructure(text, limits);
  return value;
}

function checkStructure(text: string, { maxDepth, maxKeys }: JsonLimits): void {
  /** Keys of each open object; null for an array. */
  const open: (Set<string> | null)[] = [];
  let isKeyNext = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      const end = endOfString(text, at);
      const keys = open.at(-1);
      if (isKeyNext && keys !== null && keys !== undefined) addKey(keys, text.slice(at, end), maxKeys);
      isKeyNext = false;
      at = end - 1;
    } else if (character === '{' || character === '[') {
      open.push(character === '{' ? new Set() : null);
      if (open.length > maxDepth) throw malformed(`it is nested deeper than ${maxDepth}`);
      isKeyNext = character === '{';
    } else if (character === '}' || character === ']') {
      open.pop();
      isKeyNext = false;
    } else if (character === ',') isKeyNext = open.at(-1) !== null;
  }
}

/** The place after the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

function addKey(keys: Set<string>, quoted: string, maxKeys: number): void {
  // Escapes spell the same key in many ways.
  const key = quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1);
  if (FORBIDDEN_KEYS.has(key)) throw malformed('it has a key that is not allowed');
  if (keys.has(key)) throw malformed('it has a key twice');
  keys.add(key);
  if (keys.size > maxKeys) throw malformed(`an object has more than ${maxKeys} keys`);
}

function malformed(reason: string, cause?: unknown): AppError {
  return new AppError('bad_request', `unable to read the JSON; ${reason}`, { cause });
}
