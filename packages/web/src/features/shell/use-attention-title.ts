import { useEffect } from 'react';
import { useChannels } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import type { Route } from '../../lib/routes.ts';
import { attentionOf } from '../channel-list/sections.ts';

/** Puts what asks for attention into the window's title, and as a number on the app's icon where it has one. */
export function useAttentionTitle(route: Route): void {
  const { t } = useWords();
  const channels = useChannels();
  const loud = channels.reduce((sum, info) => {
    const { level, count } = attentionOf(info);
    return level === 'mention' ? sum + count : sum;
  }, 0);
  const isQuiet = channels.some((info) => attentionOf(info).level === 'unread');
  const open = route.name === 'channel' ? channels.find(({ id }) => id === route.channelId)?.channel.name : null;
  useEffect(() => {
    const mark = loud > 0 ? `(${loud}) ` : isQuiet ? '• ' : '';
    const place = open ?? (route.name === 'channel' || route.name === 'home' ? null : pageName(route, t));
    document.title = mark + (place === null || place === undefined ? 'Parley' : `${place} – Parley`);
    if (loud > 0) void navigator.setAppBadge?.(loud).catch(() => {});
    else void navigator.clearAppBadge?.().catch(() => {});
  }, [loud, isQuiet, open, route, t]);
  // Whoever comes after a sign-out is not told what the one before has missed.
  useEffect(
    () => () => {
      document.title = 'Parley';
      void navigator.clearAppBadge?.().catch(() => {});
    },
    [],
  );
}

function pageName({ name }: Route, t: ReturnType<typeof useWords>['t']): string | null {
  if (name === 'threads') return t('threads.title');
  if (name === 'settings') return t('settings.title');
  return name === 'admin' ? t('admin.title') : null;
}
