import { readSetting, writeSetting } from '../../lib/settings.ts';
import { createStore } from '../../lib/store.ts';
import { useStore } from '../../lib/use-store.ts';

/** Offered to those who have used none yet. */
export const QUICK_EMOJI = ['👍', '✅', '🎉', '❤️', '😄', '👀'] as const;
const MAX_RECENT = 16;

const recent = createStore<readonly string[]>((readSetting('recent-emoji') ?? '').split(' ').filter(Boolean));

/** What the user picked lately, the last first. */
export function useRecentEmoji(): readonly string[] {
  return useStore(recent);
}

/** Remembers that the user picked one. */
export function noteEmoji(emoji: string): void {
  recent.update((list) => [emoji, ...list.filter((other) => other !== emoji)].slice(0, MAX_RECENT));
  writeSetting('recent-emoji', recent.getSnapshot().join(' '));
}
