import type { ChatClient, ChatMessage } from '@parley/client';
import type { ChannelId, MessageId, UserId } from '@parley/protocol';
import type { Random } from '../random.ts';
import { type ClientLog, itemOf } from './client-log.ts';

/**
 * As much of a screen is written down at a look that is not the last, counted from its end: all that a busy channel has got since
 * the look before. Screens hold several times as much, and it costs more to look at all of that than to talk.
 */
const LOOK_ITEMS = 1_000;

/** Looks at one life of one client as an application does: what it shows, where it stands, what it has not sent. */
export class ClientObserver {
  readonly client: ChatClient;
  readonly log: ClientLog;
  readonly #user: UserId;
  readonly #unsent: Set<MessageId>;

  /** `unsent` outlives the client, as its storage does. */
  constructor(client: ChatClient, log: ClientLog, user: UserId, unsent: Set<MessageId>) {
    this.client = client;
    this.log = log;
    this.#user = user;
    this.#unsent = unsent;
    log.follow(client);
    client.on('outgoing', ({ message, status }) => {
      if (status === 'queued' || status === 'sending') unsent.add(message.id);
      else unsent.delete(message.id);
    });
  }

  get isOnline(): boolean {
    return this.client.connection.getSnapshot().current === 'online';
  }

  /** Messages that wait to be sent or answered; those refused for good do not count. */
  get unsent(): number {
    return this.#unsent.size;
  }

  /** Roots that the client is in, as it thinks. */
  get channels(): ChannelId[] {
    return this.client.channels.getSnapshot().map((summary) => summary.id);
  }

  /** Keeps a channel on the screen. */
  show(channel: ChannelId): void {
    this.client.channel(channel).messages.subscribe(() => {});
  }

  /** A message on the screen, to do something with. */
  pickShown(channel: ChannelId, isOwn: boolean, random: Random): { id: MessageId; seq: number } | undefined {
    const { items } = this.client.channel(channel).messages.getSnapshot();
    const fitting = items.filter(({ seq, senderId }) => seq > 0 && (!isOwn || senderId === this.#user));
    return fitting.length === 0 ? undefined : random.pick(fitting);
  }

  /** Writes down what is on the screen; the whole of it when it is the final look. */
  writeState(channel: ChannelId, isFinal: boolean): void {
    const summary = this.client.channels.getSnapshot().find(({ id }) => id === channel);
    if (summary === undefined) return;
    const { items, hasNewer, isLoaded } = this.client.channel(channel).messages.getSnapshot();
    const seen = isFinal ? items : items.slice(-LOOK_ITEMS);
    const shown = isLoaded && !hasNewer ? withoutEcho(seen, this.#user) : [];
    this.log.note({
      type: 'state',
      channel,
      seq: summary.channel.lastSeq,
      rev: this.log.revOf(channel) ?? 0,
      readSeq: summary.membership?.readSeq ?? 0,
      unread: summary.unread,
      mentions: summary.mentions,
      // The user's own latest messages may still be shown as they were written.
      items: shown.map(isFinal ? itemOf : ({ id, seq, rev }) => ({ id, seq, rev })),
      final: isFinal,
    });
  }
}

/** What is shown of the channel itself: the user's own latest messages may stand behind a gap until it is mended. */
function withoutEcho(items: readonly ChatMessage[], user: UserId): readonly ChatMessage[] {
  const sent = items.filter(({ status, rev }) => status === 'sent' && rev > 0);
  const hole = sent.findIndex(({ seq }, index) => index > 0 && seq !== (sent[index - 1]?.seq ?? 0) + 1);
  const isEcho = hole > 0 && sent.slice(hole).every(({ senderId }) => senderId === user);
  return isEcho ? sent.slice(0, hole) : sent;
}
