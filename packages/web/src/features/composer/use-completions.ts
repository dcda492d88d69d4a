import type { UserView } from '@parley/protocol';
import { useEffect, useState } from 'react';
import { useChannels, useMembers, useUsers } from '../../chat/use-chat.ts';
import { useMemberSearch, withLoaded } from '../../chat/use-member-search.ts';
import { useWords } from '../../i18n/use-words.ts';
import { useConversation } from '../conversation/conversation-context.tsx';
import { type Emoji, findEmoji, loadEmoji } from '../emoji/find-emoji.ts';
import type { Trigger } from './completion.ts';
import { rankPeople } from './rank-people.ts';

export interface Completion {
  readonly key: string;
  /** What stands in the text afterwards. */
  readonly insert: string;
  readonly label: string;
  readonly hint: string;
  readonly user?: UserView;
  readonly emoji?: string;
}

const MAX_SHOWN = 8;
const NOTHING: readonly Completion[] = [];

/** What to offer for what was typed. */
export function useCompletions(trigger: Trigger | null): readonly Completion[] {
  const people = usePeople(trigger?.kind === 'person' ? trigger.query : null);
  const channels = useChannelNames(trigger?.kind === 'channel' ? trigger.query : null);
  const emoji = useEmoji(trigger?.kind === 'emoji' ? trigger.query : null);
  if (trigger === null) return NOTHING;
  return { person: people, channel: channels, emoji }[trigger.kind];
}

function usePeople(query: string | null): readonly Completion[] {
  const { t } = useWords();
  const { rootId, may } = useConversation();
  const { members, isComplete } = useMembers(rootId);
  const loaded = useUsers(members.map(({ userId }) => userId));
  const searched = useMemberSearch(rootId, isComplete ? '' : (query ?? ''), members).users;
  if (query === null) return NOTHING;
  const active = withLoaded(searched, loaded).filter(({ deactivated }) => deactivated !== true);
  const found = rankPeople(active, query).map(
    (user): Completion => ({
      key: user.id,
      insert: `@${user.username}`,
      label: user.displayName,
      hint: `@${user.username}`,
      user,
    }),
  );
  const everyone = (['channel', 'here'] as const)
    .filter((name) => may('mention.everyone') && query !== '' && name.startsWith(query.toLowerCase()))
    .map(
      (name): Completion => ({
        key: name,
        insert: `@${name}`,
        label: `@${name}`,
        hint: t(`composer.everyone.${name}`),
      }),
    );
  return [...found, ...everyone].slice(0, MAX_SHOWN);
}

function useChannelNames(query: string | null): readonly Completion[] {
  const channels = useChannels();
  if (query === null) return NOTHING;
  const wanted = query.toLowerCase();
  return channels
    .filter(
      ({ channel }) =>
        channel.kind === 'public' && channel.name?.toLowerCase().includes(wanted) && !/\s/.test(channel.name),
    )
    .sort(
      (a, b) =>
        Number(b.channel.name?.toLowerCase().startsWith(wanted)) -
        Number(a.channel.name?.toLowerCase().startsWith(wanted)),
    )
    .slice(0, MAX_SHOWN)
    .map(({ channel }) => ({
      key: channel.id,
      insert: `#${channel.name}`,
      label: `#${channel.name}`,
      hint: channel.topic,
    }));
}

function useEmoji(query: string | null): readonly Completion[] {
  const [all, setAll] = useState<readonly Emoji[]>([]);
  const isWanted = query !== null;
  useEffect(() => {
    if (isWanted) loadEmoji().then(setAll, () => {});
  }, [isWanted]);
  if (query === null) return NOTHING;
  return findEmoji(all, query, MAX_SHOWN).map(({ emoji, names, label }) => ({
    key: emoji,
    insert: emoji,
    label: `:${names[0]}:`,
    hint: label,
    emoji,
  }));
}
