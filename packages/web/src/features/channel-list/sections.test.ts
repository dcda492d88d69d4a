import type { ChannelSummary } from '@parley/client';
import { describe, expect, test } from 'vitest';
import { attentionOf, makeSections } from './sections.ts';

type Kind = ChannelSummary['channel']['kind'];
type Notify = 'all' | 'mentions' | 'none';

function summary(
  name: string,
  kind: Kind,
  more: Partial<ChannelSummary> & { notify?: Notify; archived?: boolean } = {},
) {
  const { notify = 'all', archived = false, ...rest } = more;
  const channel = { id: name, name, kind, createdAt: 1, archivedAt: archived ? 2 : null };
  return {
    id: name,
    channel,
    membership: { notify },
    unread: 0,
    mentions: 0,
    lastMessage: null,
    ...rest,
  } as unknown as ChannelSummary;
}

describe('makeSections', () => {
  test('sorts channels by name and people by the last word', () => {
    const spoken = (createdAt: number) => ({ lastMessage: { createdAt } as ChannelSummary['lastMessage'] });
    const { channels, directs } = makeSections(
      [
        summary('b', 'private'),
        summary('a', 'public'),
        summary('x', 'direct', spoken(5)),
        summary('y', 'direct', spoken(9)),
      ],
      new Intl.Collator('en'),
    );
    expect(channels.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(directs.map(({ id }) => id)).toEqual(['y', 'x']);
  });

  test('hides what is archived until there is something to read in it', () => {
    const all = [summary('a', 'public', { archived: true }), summary('b', 'public', { archived: true, unread: 1 })];
    expect(makeSections(all, new Intl.Collator('en')).channels.map(({ id }) => id)).toEqual(['b']);
  });
});

describe('attentionOf', () => {
  test('a channel counts its messages, and mentions before them', () => {
    expect(attentionOf(summary('a', 'public', { unread: 3 }))).toEqual({ count: 3, level: 'unread' });
    expect(attentionOf(summary('a', 'public', { unread: 3, mentions: 1 }))).toEqual({ count: 1, level: 'mention' });
    expect(attentionOf(summary('a', 'direct', { unread: 3 }))).toEqual({ count: 3, level: 'mention' });
    expect(attentionOf(summary('a', 'public'))).toEqual({ count: 0, level: 'none' });
  });

  test('is as quiet as its reader wants it', () => {
    expect(attentionOf(summary('a', 'public', { unread: 3, notify: 'mentions' }))).toEqual({
      count: 0,
      level: 'quiet',
    });
    expect(attentionOf(summary('a', 'public', { unread: 3, notify: 'none' }))).toEqual({ count: 0, level: 'none' });
    expect(attentionOf(summary('a', 'public', { unread: 3, mentions: 2, notify: 'none' }))).toEqual({
      count: 0,
      level: 'quiet',
    });
  });
});
