import type { ChannelSummary } from '@parley/client';
import type { UserId, UserView } from '@parley/protocol';
import { useMemo } from 'react';
import { useChannels, useMe, useUsers } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { attentionOf } from '../channel-list/sections.ts';
import { usePeopleSearch } from '../dialogs/use-people-search.ts';
import { rankTargets } from './rank-targets.ts';

/** Somewhere to go. */
export type Target = {
  readonly key: string;
  readonly label: string;
  readonly hint: string;
  readonly unread: number;
  readonly user?: UserView;
} & (
  | { readonly kind: 'channel'; readonly info: ChannelSummary }
  | { readonly kind: 'person'; readonly user: UserView }
);

const MAX_SHOWN = 12;

const ANY = () => true;

/** Conversations and people whose name goes with what was typed; what is unread while nothing was. `isWanted` stays the same function. */
export function useTargets(query: string, isWanted: (target: Target) => boolean = ANY): readonly Target[] {
  const { t, format } = useWords();
  const me = useMe();
  const channels = useChannels();
  const memberIds = useMemo(
    () => [...new Set(channels.flatMap(({ channel }) => channel.memberIds ?? []))].filter((id) => id !== me?.id),
    [channels, me?.id],
  );
  const members = useUsers(memberIds);
  const found = usePeopleSearch(query);
  return useMemo(() => {
    const byId = new Map(members.flatMap((user) => (user === null ? [] : [[user.id, user] as const])));
    const conversations = channels.map((info) => conversationTarget(info, byId, (names) => format.list(names)));
    const talkedTo = new Set(conversations.flatMap(({ user }) => user?.id ?? []));
    const others = found
      .filter((user) => user.id !== me?.id && user.deactivated !== true && !talkedTo.has(user.id))
      .map(
        (user): Target => ({
          kind: 'person',
          key: user.id,
          label: user.displayName,
          hint: t('switcher.person', { name: user.username }),
          unread: 0,
          user,
        }),
      );
    return rankTargets([...conversations, ...others].filter(isWanted), query).slice(0, MAX_SHOWN);
  }, [channels, members, found, query, isWanted, me?.id, t, format]);
}

function conversationTarget(
  info: ChannelSummary,
  users: ReadonlyMap<UserId, UserView>,
  list: (names: readonly string[]) => string,
): Target {
  const { channel } = info;
  const base = { kind: 'channel', key: info.id, info, unread: attentionOf(info).count } as const;
  if (channel.kind !== 'direct') return { ...base, label: channel.name ?? '', hint: channel.topic };
  const people = (channel.memberIds ?? []).flatMap((id) => users.get(id) ?? []);
  const [user] = people;
  const label = list(people.map(({ displayName }) => displayName));
  if (user === undefined || people.length > 1) return { ...base, label, hint: '' };
  return { ...base, label, hint: `@${user.username}`, user };
}
