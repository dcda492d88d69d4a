import type { ChannelSummary } from '@parley/client';
import type { UserId, UserView } from '@parley/protocol';
import { useMemo } from 'react';
import { useWords } from '../i18n/use-words.ts';
import { useMe, useUsers } from './use-chat.ts';

/** What a conversation is called, and with whom it is. */
export interface ChannelTitle {
  readonly title: string;
  /** The others of a direct conversation, as far as they are known; empty for channels. */
  readonly people: readonly UserView[];
}

const NO_IDS: readonly UserId[] = [];

/** The name of a channel, or the names of those one talks to. */
export function useChannelTitle(info: ChannelSummary): ChannelTitle {
  const { t, format } = useWords();
  const me = useMe();
  const { kind, name, memberIds = NO_IDS } = info.channel;
  const otherIds = useMemo(() => memberIds.filter((id) => id !== me?.id), [memberIds, me?.id]);
  const others = useUsers(otherIds);
  return useMemo(() => {
    if (kind !== 'direct') return { title: name ?? t('thread.title'), people: [] };
    const people = others.filter((person) => person !== null);
    if (otherIds.length === 0) return { title: t('direct.alone'), people };
    return { title: people.length === 0 ? '…' : format.list(people.map(({ displayName }) => displayName)), people };
  }, [kind, name, others, otherIds, t, format]);
}
