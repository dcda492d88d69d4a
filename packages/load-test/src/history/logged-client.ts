import {
  type ChatClient,
  type ChatMessage,
  type ClientStorage,
  createClient,
  memoryStorage,
  type WebSocketClass,
} from '@parley/client';
import type { ChannelId, MessageId, UserId } from '@parley/protocol';
import type { HistoryRecord } from '../checker/history-record.ts';
import type { Random } from '../random.ts';
import { ClientLog, itemOf } from './client-log.ts';
import { loggedSocketClass } from './logged-socket.ts';

/** Who a device belongs to. */
export interface Account {
  readonly id: UserId;
  readonly token: string;
}

export interface LoggedClientOptions {
  readonly name: string;
  readonly account: Account;
  readonly WebSocket: WebSocketClass;
  readonly random: Random;
  /** The address for the next socket. */
  pickUrl(): string;
  /** Stamps every record. */
  readonly run: string;
  readonly seed: string;
  readonly write: (record: HistoryRecord) => void;
  /** A refusal of a send, by its code. */
  onRefused?(channel: ChannelId, code: string): void;
}

const DAY_MS = 86_400_000;

/** One device of one user: the SDK as applications use it, with a log of what it asked, was told and shows. */
export class LoggedClient {
  readonly name: string;
  readonly account: Account;
  /** How far the device's wall clock is off. */
  wallOffsetMs = 0;
  #client: ChatClient;
  #log: ClientLog;
  #lives = 0;
  readonly #options: LoggedClientOptions;
  readonly #storage: ClientStorage = memoryStorage();
  readonly #unsent = new Set<MessageId>();

  constructor(options: LoggedClientOptions) {
    this.name = options.name;
    this.account = options.account;
    this.#options = options;
    [this.#client, this.#log] = this.#start();
  }

  get client(): ChatClient {
    return this.#client;
  }

  /** The name of this life of the device in the records. */
  get proc(): string {
    return `${this.name}#${this.#lives}`;
  }

  get isOnline(): boolean {
    return this.#client.connection.getSnapshot().current === 'online';
  }

  /** Messages that wait to be sent or answered; those refused for good do not count. */
  get unsent(): number {
    return this.#unsent.size;
  }

  /** Where the device stands in a root channel, worked out from the frames alone. */
  revOf(channel: ChannelId): number | undefined {
    return this.#log.revOf(channel);
  }

  /** Roots that the device is in, as it thinks. */
  get channels(): ChannelId[] {
    return this.#client.channels.getSnapshot().map((summary) => summary.id);
  }

  /** The application is started anew: everything but the storage is forgotten. */
  restart(): void {
    this.stop();
    [this.#client, this.#log] = this.#start();
  }

  stop(): void {
    this.#client.close();
    this.#log.flush();
  }

  /** The device's wall clock goes wrong by up to a day. */
  shiftClock(): void {
    this.wallOffsetMs = Math.round(this.#options.random.between(-DAY_MS, DAY_MS));
  }

  /** Keeps a channel on the screen. */
  show(channel: ChannelId): void {
    this.#client.channel(channel).messages.subscribe(() => {});
  }

  /** A message on the screen, to do something with. */
  pickShown(channel: ChannelId, isOwn: boolean): { readonly id: MessageId; readonly seq: number } | undefined {
    const { items } = this.#client.channel(channel).messages.getSnapshot();
    const fitting = items.filter(({ seq, senderId }) => seq > 0 && (!isOwn || senderId === this.account.id));
    return fitting.length === 0 ? undefined : this.#options.random.pick(fitting);
  }

  /** Writes down what is on the screen. */
  writeState(channel: ChannelId, isFinal: boolean): void {
    const summary = this.#client.channels.getSnapshot().find(({ id }) => id === channel);
    if (summary === undefined) return;
    const { items, hasNewer, isLoaded } = this.#client.channel(channel).messages.getSnapshot();
    const shown = isLoaded && !hasNewer ? withoutEcho(items, this.account.id) : [];
    this.#log.note({
      type: 'state',
      channel,
      seq: summary.channel.lastSeq,
      rev: this.#log.revOf(channel) ?? 0,
      readSeq: summary.membership?.readSeq ?? 0,
      unread: summary.unread,
      mentions: summary.mentions,
      // The user's own latest messages may still be shown as they were written.
      items: shown.map(isFinal ? itemOf : ({ id, seq, rev }) => ({ id, seq, rev })),
      final: isFinal,
    });
  }

  #start(): [ChatClient, ClientLog] {
    this.#lives += 1;
    const { run, seed, account, random, write } = this.#options;
    const { proc } = this;
    const log = new ClientLog(write, () => ({ run, seed, proc, tMono: performance.now() }));
    const client = createClient({
      url: this.#options.pickUrl(),
      token: account.token,
      storage: this.#storage,
      wake: () => () => {},
      WebSocket: loggedSocketClass(this.#options.WebSocket, {
        pickUrl: () => this.#options.pickUrl(),
        onUp: (text) => log.up(text),
        onDown: (text) => {
          log.flush();
          log.down(text);
        },
        onTaken: () => log.flush(),
        onClose: (code) => {
          log.flush();
          log.closed(code);
        },
      }),
      runtime: {
        now: () => Date.now() + this.wallOffsetMs,
        monotonic: () => performance.now(),
        random: () => random.float(),
      },
    });
    log.follow(client);
    client.on('outgoing', ({ message, status, error }) => {
      if (status === 'queued' || status === 'sending') this.#unsent.add(message.id);
      else this.#unsent.delete(message.id);
      if (status === 'failed') this.#options.onRefused?.(message.channelId, error?.code ?? 'unknown');
    });
    client.connect().catch(() => {});
    return [client, log];
  }
}

/** What is shown of the channel itself: the user's own latest messages may stand behind a gap until it is mended. */
function withoutEcho(items: readonly ChatMessage[], user: UserId): readonly ChatMessage[] {
  const sent = items.filter(({ status, rev }) => status === 'sent' && rev > 0);
  const hole = sent.findIndex(({ seq }, index) => index > 0 && seq !== (sent[index - 1]?.seq ?? 0) + 1);
  const isEcho = hole > 0 && sent.slice(hole).every(({ senderId }) => senderId === user);
  return isEcho ? sent.slice(0, hole) : sent;
}
