import type { ChannelId } from '@parley/protocol';
import { useMemo } from 'react';
import { mayIn } from '../../chat/permissions.ts';
import { useChannels } from '../../chat/use-chat.ts';
import { usePublicChannels } from '../dialogs/use-public-channels.ts';

export interface HookChannel {
  readonly id: ChannelId;
  /** As people write it: with its sign before it. */
  readonly label: string;
}

/** The channels that a webhook can be given: public ones, and private ones that one may change. */
export function useHookChannels(): readonly HookChannel[] {
  const found = usePublicChannels('');
  const own = useChannels();
  return useMemo(() => {
    const mine = own.filter(
      (info) => info.channel.kind === 'public' || (info.channel.kind === 'private' && mayIn(info, 'channel.update')),
    );
    const all = [...(found ?? []), ...mine.map(({ channel }) => channel)].filter(
      ({ archivedAt }) => archivedAt === null,
    );
    const labels = new Map(all.map(({ id, name }) => [id, `#${name ?? ''}`]));
    return [...labels].map(([id, label]) => ({ id, label })).sort((a, b) => a.label.localeCompare(b.label));
  }, [found, own]);
}
