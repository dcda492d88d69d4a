import type { UserId } from '@parley/protocol';
import { useCallback, useEffect, useRef, useState } from 'react';
import { session } from '../../chat/session.ts';
import { readSetting, writeSetting } from '../../lib/settings.ts';

const SAVE_MS = 400;

interface Draft {
  readonly text: string;
  readonly change: (text: string) => void;
  /** Lets go of a text that has arrived; another one that was begun since is kept. */
  readonly forget: (text: string) => void;
}

/**
 * What is being written at a place, such as a conversation: kept in this browser for as long as it differs from `saved`, which is what
 * stands there already.
 */
export function useDraft(userId: UserId | null, place: string, saved = ''): Draft {
  const name = `draft/${userId ?? ''}/${place}` as const;
  const [text, setText] = useState(() => readSetting(name) ?? saved);
  const latest = useRef(text);
  // What was only shown may be older than what another tab has kept since.
  const isUnsaved = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const save = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = undefined;
    if (!isUnsaved.current) return;
    isUnsaved.current = false;
    // Whoever signs out leaves nothing behind.
    if (session.getSnapshot() === null) return;
    const isKept = latest.current.trim() !== '' && latest.current !== saved;
    writeSetting(name, isKept ? latest.current : null);
  }, [name, saved]);
  useEffect(() => {
    window.addEventListener('pagehide', save);
    return () => {
      window.removeEventListener('pagehide', save);
      save();
    };
  }, [save]);
  const change = useCallback(
    (next: string) => {
      latest.current = next;
      isUnsaved.current = true;
      setText(next);
      clearTimeout(timer.current);
      if (next === saved) save();
      else timer.current = setTimeout(save, SAVE_MS);
    },
    [save, saved],
  );
  const forget = useCallback(
    (arrived: string) => {
      if (readSetting(name) === arrived) writeSetting(name, null);
    },
    [name],
  );
  return { text, change, forget };
}
