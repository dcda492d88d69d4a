import { type ChatClient, type ClientStorage, createClient, memoryStorage, type WebSocketClass } from '@parley/client';
import type { ChannelId, MessageId, UserId } from '@parley/protocol';
import type { HistoryRecord } from '../checker/history-record.ts';
import type { Random } from '../random.ts';
import { ClientLog } from './client-log.ts';
import { loggedSocketClass } from './logged-socket.ts';
import { ClientObserver } from './observer.ts';

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
  /** Sends that a channel may have unanswered; one unless given. */
  readonly sendWindow?: number | undefined;
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
  #life: ClientObserver;
  #lives = 0;
  readonly #options: LoggedClientOptions;
  readonly #storage: ClientStorage = memoryStorage();
  readonly #unsent = new Set<MessageId>();

  constructor(options: LoggedClientOptions) {
    this.name = options.name;
    this.account = options.account;
    this.#options = options;
    this.#life = this.#start();
  }

  get client(): ChatClient {
    return this.#life.client;
  }

  /** The name of this life of the device in the records. */
  get proc(): string {
    return `${this.name}#${this.#lives}`;
  }

  get isOnline(): boolean {
    return this.#life.isOnline;
  }

  /** Messages that wait to be sent or answered; those refused for good do not count. */
  get unsent(): number {
    return this.#life.unsent;
  }

  /** Where the device stands in a root channel, worked out from the frames alone. */
  revOf(channel: ChannelId): number | undefined {
    return this.#life.log.revOf(channel);
  }

  /** Roots that the device is in, as it thinks. */
  get channels(): ChannelId[] {
    return this.#life.channels;
  }

  /** The application is started anew: everything but the storage is forgotten. */
  restart(): void {
    this.stop();
    this.#life = this.#start();
  }

  stop(): void {
    this.#life.client.close();
    this.#life.log.flush();
  }

  /** The device's wall clock goes wrong by up to a day. */
  shiftClock(): void {
    this.wallOffsetMs = Math.round(this.#options.random.between(-DAY_MS, DAY_MS));
  }

  /** Keeps a channel on the screen. */
  show(channel: ChannelId): void {
    this.#life.show(channel);
  }

  /** A message on the screen, to do something with. */
  pickShown(channel: ChannelId, isOwn: boolean): { readonly id: MessageId; readonly seq: number } | undefined {
    return this.#life.pickShown(channel, isOwn, this.#options.random);
  }

  /** Writes down what is on the screen. */
  writeState(channel: ChannelId, isFinal: boolean): void {
    this.#life.writeState(channel, isFinal);
  }

  #start(): ClientObserver {
    this.#lives += 1;
    const { run, seed, account, random, write } = this.#options;
    const { proc } = this;
    const log = new ClientLog(write, () => ({ run, seed, proc, tMono: performance.now() }));
    const client = createClient({
      url: this.#options.pickUrl(),
      token: account.token,
      storage: this.#storage,
      sendWindow: this.#options.sendWindow,
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
    const life = new ClientObserver(client, log, account.id, this.#unsent);
    client.on('outgoing', ({ message, status, error }) => {
      if (status === 'failed') this.#options.onRefused?.(message.channelId, error?.code ?? 'unknown');
    });
    client.connect().catch(() => {});
    return life;
  }
}
