import type { ChatMessage } from '@parley/client';
import { createStore, type LocalStore } from '../../lib/store.ts';
import type { Readable } from '../../lib/use-store.ts';

/** A message that waits for its files. */
export interface HeldMessage {
  /** Sends it, as it is written by then. */
  readonly send: () => void;
  readonly replyTo: () => ChatMessage | null;
}

interface WaitedFor {
  readonly status: 'sending' | 'done' | 'failed';
}

/** Keeps a message until all files have arrived, and sends it then. With none left, or one that failed, its writer has it back. */
export function holdMessage(files: Readable<readonly WaitedFor[]>): LocalStore<HeldMessage | null> {
  const held = createStore<HeldMessage | null>(null);
  const settle = () => {
    const message = held.getSnapshot();
    const fate = fateOf(files.getSnapshot());
    if (message === null || fate === 'waits') return;
    held.set(null);
    if (fate === 'goes') message.send();
  };
  files.subscribe(settle);
  held.subscribe(settle);
  return held;
}

function fateOf(files: readonly WaitedFor[]): 'waits' | 'goes' | 'ends' {
  if (files.length === 0 || files.some(({ status }) => status === 'failed')) return 'ends';
  return files.some(({ status }) => status === 'sending') ? 'waits' : 'goes';
}
