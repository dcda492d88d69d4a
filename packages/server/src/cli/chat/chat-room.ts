import type { Channel, ChatClient, ChatMessage, ClientEvents, ConnectionChange } from '@parley/client';
import type { ChannelId, MessageView } from '@parley/protocol';
import type { Directory } from './directory.ts';
import { firstLine, lineStart, messageLine, NUMBERS, quoteLine, type Tick } from './message-line.ts';
import { colourOf, type Paint, printable } from './paint.ts';
import { Places } from './places.ts';
import type { Terminal } from './terminal.ts';
import { Ticks } from './ticks.ts';

/** Messages shown when a channel is opened. */
const OPENING_MESSAGES = 20;

export interface ChatRoomPorts {
  readonly client: ChatClient;
  readonly directory: Directory;
  readonly terminal: Pick<Terminal, 'print' | 'change' | 'move' | 'setPrompt'>;
  readonly paint: Paint;
}

/** What the person at the terminal sees: one open channel, and a word on what happens elsewhere. */
export class ChatRoom {
  readonly #ports: ChatRoomPorts;
  readonly #ticks: Ticks;
  readonly #places = new Places();
  readonly #subscriptions: (() => void)[] = [];
  #channel: Channel | null = null;
  #title = '';
  #ofChannel: (() => void)[] = [];
  /** What is printed waits for names; one after the other, so that the page keeps its order. */
  #printing: Promise<void> = Promise.resolve();

  constructor(ports: ChatRoomPorts) {
    this.#ports = ports;
    const { client, terminal, paint } = ports;
    this.#ticks = new Ticks((message, tick) => terminal.change(message.id, lineStart(paint, message, tick)));
    this.#subscriptions.push(
      client.on('connection', (change) => this.#tellConnection(change)),
      client.on('message', (event) => this.#inTurn(() => this.#takeMessage(event))),
      client.on('messageChanged', (event) => this.#inTurn(() => this.#takeChange(event))),
      client.on('outgoing', (event) => this.#inTurn(() => this.#takeOutgoing(event))),
      client.on('members', (event) => this.#inTurn(() => this.#takeMembers(event))),
      client.on('channelLeft', ({ channelId }) => this.#inTurn(() => this.#takeLeft(channelId))),
      client.on('channelSynced', (event) => this.#inTurn(() => this.#takeSynced(event))),
      client.on('warning', (error) => this.note(error.message)),
      client.channels.subscribe(() => this.#showPrompt()),
    );
  }

  /** The open channel. */
  get channel(): Channel | null {
    return this.#channel;
  }

  /** Prints a remark of the program itself. */
  note(text: string): void {
    this.#ports.terminal.print(this.#ports.paint('dim', `— ${text}`));
  }

  /** Shows another channel: its name, its last messages, and from now on what happens in it. */
  async open(channelId: ChannelId): Promise<void> {
    const { client, directory } = this.#ports;
    this.#leaveChannel();
    const channel = client.channel(channelId);
    this.#channel = channel;
    const summary = channel.info.getSnapshot();
    this.#title = summary === null ? 'thread' : await directory.titleOf(summary);
    this.#ofChannel = [
      channel.messages.subscribe(() => {}),
      channel.typing.subscribe(() => this.#showPrompt()),
      channel.receipts.subscribe(() => this.#showReceipts()),
    ];
    await channel.load();
    await this.inTurn(async () => {
      this.#printHeader(summary?.channel.topic ?? '', summary?.channel.memberCount ?? 0);
      const unreadFrom = summary === null || summary.unread === 0 ? null : (summary.membership?.readSeq ?? 0) + 1;
      await this.#printMessages(channel.messages.getSnapshot().items.slice(-OPENING_MESSAGES), unreadFrom);
      channel.markRead();
      this.#showPrompt();
    });
  }

  /** Prints the `count` messages before those that were shown when the channel was opened. */
  async history(count: number): Promise<void> {
    const channel = this.#channel;
    if (channel === null) return;
    const wanted = count + OPENING_MESSAGES;
    while (channel.messages.getSnapshot().hasOlder && channel.messages.getSnapshot().items.length < wanted) {
      const { length } = channel.messages.getSnapshot().items;
      await channel.loadOlder(100);
      if (channel.messages.getSnapshot().items.length === length) break;
    }
    await this.inTurn(() => this.#printMessages(channel.messages.getSnapshot().items.slice(-wanted), null));
  }

  /** A message of the open channel by the number shown before it, or one's own last one. */
  find(number: number | null): ChatMessage | null {
    const items = this.#channel?.messages.getSnapshot().items ?? [];
    const me = this.#ports.client.me.getSnapshot()?.id;
    const isWanted = (item: ChatMessage): boolean =>
      number === null ? item.senderId === me && item.deletedAt === undefined : item.seq % NUMBERS === number % NUMBERS;
    return items.findLast((item) => item.seq > 0 && isWanted(item)) ?? null;
  }

  close(): void {
    this.#leaveChannel();
    for (const end of this.#subscriptions) end();
  }

  /** Prints in its turn, and resolves when it is printed. */
  inTurn(work: () => Promise<void> | void): Promise<void> {
    const turn = this.#printing.then(work);
    this.#printing = turn.catch(() => {});
    return turn;
  }

  #inTurn(work: () => Promise<void> | void): void {
    this.inTurn(work).catch((error: unknown) => this.note(String(error)));
  }

  #leaveChannel(): void {
    for (const end of this.#ofChannel) end();
    this.#ofChannel = [];
    this.#ticks.clear();
    this.#places.clear();
    this.#channel = null;
  }

  #printHeader(topic: string, memberCount: number): void {
    const { terminal, paint } = this.#ports;
    const members = `${memberCount} ${memberCount === 1 ? 'member' : 'members'}`;
    const about = [members, printable(topic)].filter((part) => part !== '').join(' · ');
    terminal.print(`${paint('bold', `── ${this.#title} `)}${paint('dim', `── ${about}`)}`);
  }

  async #printMessages(messages: readonly ChatMessage[], unreadFrom: number | null): Promise<void> {
    for (const message of messages) {
      if (unreadFrom !== null && message.seq >= unreadFrom && message.seq > 0) {
        this.#ports.terminal.print(this.#ports.paint('red', '── new ──'));
        unreadFrom = null;
      }
      await this.#printMessage(message);
    }
  }

  async #printMessage(message: ChatMessage): Promise<void> {
    const { client, directory, terminal, paint } = this.#ports;
    const isOwn = message.senderId === client.me.getSnapshot()?.id;
    const name = await directory.nameOf(message.senderId);
    const quoted = this.#channel?.messages.getSnapshot().items.find(({ seq }) => seq > 0 && seq === message.replyTo);
    if (quoted !== undefined)
      terminal.print(quoteLine(paint, await directory.nameOf(quoted.senderId), quoted.body), quoteOf(message.id));
    const tick = isOwn ? tickOf(message) : null;
    if (tick !== null) this.#ticks.follow(message, tick);
    terminal.print(messageLine(paint, { message, name, isOwn }, tick), message.id, lineStart(paint, message, tick));
    this.#places.add(message.id, message.seq);
    this.#showReceipts();
  }

  async #takeMessage({ message }: ClientEvents['message']): Promise<void> {
    if (message.channelId !== this.#channel?.id) return this.#takeElsewhere(message);
    if (!this.#ticks.isFollowed(message.id)) await this.#printMessage({ ...message, status: 'sent', error: null });
    this.#channel.markRead();
  }

  /** Of other channels only what is meant for the user: direct messages and mentions. */
  async #takeElsewhere(message: MessageView): Promise<void> {
    const { client, directory, terminal, paint } = this.#ports;
    const me = client.me.getSnapshot()?.id;
    const summary = client.channels.getSnapshot().find(({ id }) => id === message.channelId);
    if (summary === undefined || me === undefined || message.senderId === me) return;
    const isMeant = summary.channel.kind === 'direct' || message.mentions?.includes(me) === true;
    if (!isMeant) return;
    const [title, name] = [await directory.titleOf(summary), await directory.nameOf(message.senderId)];
    const where = summary.channel.kind === 'direct' ? '' : ` in ${title}`;
    terminal.print(
      `${paint('yellow', '»')} ${paint(colourOf(message.senderId), name)}${where}: ${firstLine(message.body)}`,
    );
  }

  async #takeChange({ message, change }: ClientEvents['messageChanged']): Promise<void> {
    if (message.channelId !== this.#channel?.id) return;
    const name = await this.#ports.directory.nameOf(message.senderId);
    const what = describeChange(message, change, name);
    if (what !== null) this.note(what);
  }

  async #takeOutgoing({ message, status, seq, error }: ClientEvents['outgoing']): Promise<void> {
    if (message.channelId !== this.#channel?.id) return;
    if (status === 'sent' || status === 'failed') {
      this.#ticks.settle(message.id, seq);
      if (seq !== null) this.#place(message.id, seq);
    }
    if ((status === 'queued' || status === 'sending') && !this.#ticks.isFollowed(message.id)) {
      const item = this.#channel.messages.getSnapshot().items.find(({ id }) => id === message.id);
      if (item !== undefined) await this.#printMessage(item);
    }
    if (status === 'failed') this.note(`not sent: ${error?.message ?? 'refused'} (/retry or /discard)`);
  }

  /** What was written without a connection stands where it was typed, until it is known what came before it. */
  #place(id: ChatMessage['id'], seq: number): void {
    const before = this.#places.settle(id, seq);
    if (before === undefined) return;
    for (const line of [quoteOf(id), id]) this.#ports.terminal.move(line, before);
  }

  async #takeMembers({ channelId, joined, left }: ClientEvents['members']): Promise<void> {
    if (channelId !== this.#channel?.id) return;
    const names = (ids: readonly Parameters<Directory['nameOf']>[0][]) =>
      Promise.all(ids.map((id) => this.#ports.directory.nameOf(id)));
    if (joined.length > 0) this.note(`${(await names(joined.map(({ userId }) => userId))).join(', ')} is here now`);
    if (left.length > 0) this.note(`${(await names(left)).join(', ')} left`);
  }

  /** Too much happened in the open channel to tell all of it. */
  async #takeSynced({ channelId, continuity }: ClientEvents['channelSynced']): Promise<void> {
    if (continuity === 'resumed' || channelId !== this.#channel?.id) return;
    await this.#channel.load();
    this.note('much happened meanwhile; this is the latest, /history shows more');
    await this.#printMessages(this.#channel.messages.getSnapshot().items.slice(-OPENING_MESSAGES), null);
  }

  #takeLeft(channelId: ChannelId): void {
    if (channelId !== this.#channel?.id) return;
    this.note(`you are no longer in ${this.#title}`);
    this.#leaveChannel();
    this.#showPrompt();
  }

  #tellConnection({ previous, current, reason, retryInMs }: ConnectionChange): void {
    if (current === 'online' && previous !== 'connecting') this.note('online again');
    if (previous === 'online' && current !== 'closed') this.note(`connection lost: ${reason}; what you write is kept`);
    if (current === 'offline' && previous === 'reconnecting') this.note('still no connection; trying on');
    if (current === 'connecting' && retryInMs !== null) this.note(`no connection: ${reason}; trying on`);
    this.#showPrompt();
  }

  #showReceipts(): void {
    const me = this.#ports.client.me.getSnapshot()?.id;
    if (this.#channel !== null && me !== undefined) this.#ticks.advance(this.#channel.receipts.getSnapshot(), me);
  }

  /** The prompt tells where one is, who types, and how much is unread elsewhere. */
  #showPrompt(): void {
    const { client, directory, terminal, paint } = this.#ports;
    const elsewhere = client.channels.getSnapshot().filter(({ id }) => id !== this.#channel?.id);
    const unread = elsewhere.reduce((sum, summary) => sum + summary.unread, 0);
    const typists = (this.#channel?.typing.getSnapshot() ?? []).map((id) => directory.knownName(id));
    const isOnline = client.connection.getSnapshot().current === 'online';
    const parts = [
      this.#channel === null ? 'no channel, /join one' : this.#title,
      unread === 0 ? '' : paint('yellow', `+${unread}`),
      isOnline ? '' : paint('red', 'offline'),
      typists.length === 0 ? '' : paint('dim', `${typists.join(', ')} typing…`),
    ];
    terminal.setPrompt(`${parts.filter((part) => part !== '').join(' ')} ${paint('dim', '›')} `);
  }
}

/** The name of the line above a message that answers to another. */
function quoteOf(id: string): string {
  return `${id} quote`;
}

function tickOf({ status }: ChatMessage): Tick {
  if (status === 'failed') return 'failed';
  return status === 'sent' ? 'sent' : 'waiting';
}

function describeChange(
  message: MessageView,
  change: ClientEvents['messageChanged']['change'],
  name: string,
): string | null {
  const which = `${name}’s message ${message.seq % NUMBERS}`;
  if (change === 'edited') return `${which} now reads: ${firstLine(message.body)}`;
  if (change === 'deleted') return `${which} was deleted`;
  if (change === 'pinned') return `${which} was ${message.pinnedAt === undefined ? 'unpinned' : 'pinned'}`;
  if (change === 'threaded') return `${which} has a thread`;
  if (change !== 'reacted') return null;
  const reactions = (message.reactions ?? []).map(({ emoji, count }) => `${printable(emoji)} ${count}`).join(', ');
  return `${which}: ${reactions === '' ? 'no reactions' : reactions}`;
}
