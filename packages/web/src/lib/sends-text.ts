import type { KeyboardEvent } from 'react';

type Key = Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>;

/** Whether a key says that a text is done: Enter does. On a phone Enter makes a line, and a button says it. */
export function sendsText({ key, shiftKey, ctrlKey, metaKey, altKey }: Key): boolean {
  if (key !== 'Enter') return false;
  const isPlain = !shiftKey && !ctrlKey && !metaKey && !altKey;
  return isPlain ? !matchMedia('(pointer: coarse)').matches : ctrlKey || metaKey;
}
