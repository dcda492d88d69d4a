import type { ChannelSummary } from '@parley/client';

/** The list of conversations as it is drawn. */
export interface Sections {
  readonly channels: readonly ChannelSummary[];
  readonly directs: readonly ChannelSummary[];
}

/** Channels by name, direct conversations by the last word in them; what is archived goes unless it holds something unread. */
export function makeSections(all: readonly ChannelSummary[], collator: Intl.Collator): Sections {
  const shown = all.filter(({ channel, unread }) => channel.archivedAt === null || unread > 0);
  const nameOf = ({ channel }: ChannelSummary) => channel.name ?? '';
  return {
    channels: shown
      .filter(({ channel }) => channel.kind === 'public' || channel.kind === 'private')
      .sort((a, b) => collator.compare(nameOf(a), nameOf(b))),
    directs: shown.filter(({ channel }) => channel.kind === 'direct').sort((a, b) => lastMovedAt(b) - lastMovedAt(a)),
  };
}

function lastMovedAt({ channel, lastMessage }: ChannelSummary): number {
  return lastMessage?.createdAt ?? channel.createdAt;
}

/** What of a conversation asks for attention: with what number, and how loud. */
export interface Attention {
  readonly count: number;
  readonly level: 'none' | 'quiet' | 'unread' | 'mention';
}

/** How loud a conversation is, by what its reader has chosen for it. A direct one speaks to its reader with every message. */
export function attentionOf({ channel, membership, unread, mentions }: ChannelSummary): Attention {
  const notify = membership?.notify ?? 'all';
  if (unread === 0) return { count: 0, level: 'none' };
  if (notify === 'none') return { count: 0, level: mentions > 0 ? 'quiet' : 'none' };
  if (channel.kind === 'direct') return { count: unread, level: 'mention' };
  if (mentions > 0) return { count: mentions, level: 'mention' };
  return notify === 'mentions' ? { count: 0, level: 'quiet' } : { count: unread, level: 'unread' };
}
