import type { ChannelId, UserId } from '@parley/protocol';
import { useCallback, useEffect, useRef, useState } from 'react';
import { readSetting, writeSetting } from '../../lib/settings.ts';

const SAVE_MS = 400;

/** What is being written in a conversation: kept in this browser until it is sent. */
export function useDraft(userId: UserId | null, channelId: ChannelId): readonly [string, (text: string) => void] {
  const name = `draft/${userId ?? ''}/${channelId}` as const;
  const [text, setText] = useState(() => readSetting(name) ?? '');
  const latest = useRef(text);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const save = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = undefined;
    writeSetting(name, latest.current.trim() === '' ? null : latest.current);
  }, [name]);
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
      setText(next);
      clearTimeout(timer.current);
      if (next === '') save();
      else timer.current = setTimeout(save, SAVE_MS);
    },
    [save],
  );
  return [text, change];
}
