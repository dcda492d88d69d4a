import { type ChatClient, type ClientStorage, createClient, memoryStorage, type WebSocketClass } from '@parley/client';
import type { HistoryRecord, Random } from '@parley/load-test';
import { ClientLog, ClientObserver } from '@parley/load-test';
import { type ChannelId, type MessageId, makeUuid, type UserId } from '@parley/protocol';
import type { Connection } from './connection.ts';
import type { SimDoor } from './door.ts';
import { Link } from './link.ts';
import { START_MS } from './node-clock.ts';
import type { Scheduler } from './scheduler.ts';
import { socketClassOf } from './sim-socket.ts';
import type { Tally } from './tally.ts';
import type { Report } from './trouble.ts';

/** What a client takes from the world. */
export interface ClientWorld {
  readonly scheduler: Scheduler;
  readonly effects: Tally;
  readonly report: Report;
  readonly seed: string;
  /** Whose presence everybody watches. */
  readonly watched: readonly UserId[];
  /** A client has waited so long before it tried to connect again. */
  onWait(waitMs: number): void;
  pickDoor(): SimDoor | null;
  write(record: HistoryRecord): void;
}

/** One device of one user: the SDK as applications use it, and somebody who does things with it. */
export class SimClient {
  readonly user: UserId;
  readonly name: string;
  readonly link: Link;
  connection: Connection | null = null;
  /** How far the device's wall clock is off. */
  wallOffsetMs = 0;
  #life: ClientObserver;
  #lives = 0;
  readonly #world: ClientWorld;
  readonly #random: Random;
  readonly #storage: ClientStorage = memoryStorage();
  readonly #unsent = new Set<MessageId>();
  #isAlive = true;
  #closedAtMs: number | null = null;

  constructor(name: string, user: UserId, world: ClientWorld, random: Random) {
    this.name = name;
    this.user = user;
    this.#world = world;
    this.#random = random;
    this.link = new Link(world.scheduler, random.fork('link'), world);
    this.#life = this.#start();
  }

  get client(): ChatClient {
    return this.#life.client;
  }

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

  revOf(channel: ChannelId): number | undefined {
    return this.#life.log.revOf(channel);
  }

  /** As what a user is shown on this device; null while that is not known. */
  shownAs(user: UserId): string | null {
    return this.client.presence.of(user).getSnapshot()?.status ?? null;
  }

  /** Roots that the client is in, as it thinks. */
  get channels(): ChannelId[] {
    return this.#life.channels;
  }

  /** The page is loaded anew: everything but the storage is forgotten. */
  restart(): void {
    this.stop();
    this.#isAlive = true;
    this.#life = this.#start();
  }

  stop(): void {
    this.client.close();
    this.flush();
    this.#isAlive = false;
  }

  /** After each step of the world. */
  flush(): void {
    this.#life.log.flush();
  }

  send(channel: ChannelId, body: string, replyTo?: number): void {
    void this.client.channel(channel).send(body, replyTo === undefined ? {} : { replyTo });
  }

  /** Keeps a channel on the screen. */
  show(channel: ChannelId): void {
    this.#life.show(channel);
  }

  /** A message on the screen, to do something with. */
  pickShown(channel: ChannelId, isOwn: boolean): { id: MessageId; seq: number } | undefined {
    return this.#life.pickShown(channel, isOwn, this.#random);
  }

  /** Writes down what is on the screen. */
  writeState(channel: ChannelId, isFinal: boolean): void {
    this.#life.writeState(channel, isFinal);
  }

  #start(): ClientObserver {
    this.#lives += 1;
    const { scheduler, seed } = this.#world;
    const { proc } = this;
    const log = new ClientLog(
      (record) => this.#world.write(record),
      () => ({ run: 'simulation', seed, proc, tMono: scheduler.nowMs }),
    );
    const isCurrent = () => this.#isAlive && this.#life.log === log;
    const random = this.#random.fork(proc);
    const now = () => Math.floor(START_MS + scheduler.nowMs + this.wallOffsetMs);
    const client = createClient({
      url: 'http://simulation',
      token: this.user,
      storage: this.#storage,
      wake: () => () => {},
      WebSocket: socketClassOf({
        link: this.link,
        pickDoor: () => this.#world.pickDoor(),
        onSocket: () => {
          if (this.#closedAtMs !== null) this.#world.onWait(scheduler.nowMs - this.#closedAtMs);
          this.#closedAtMs = null;
        },
        onConnection: (connection) => {
          this.connection = connection;
        },
        onDown: (text) => log.down(text),
        onUp: (text) => log.up(text),
        onClose: (code) => {
          log.closed(code);
          this.#closedAtMs = isCurrent() ? scheduler.nowMs : null;
        },
      }) as unknown as WebSocketClass,
      runtime: {
        now,
        monotonic: () => scheduler.nowMs,
        setTimer: (run, delayMs) => {
          const entry = scheduler.after(delayMs, () => {
            if (isCurrent()) run();
          });
          return () => scheduler.cancel(entry);
        },
        random: () => random.float(),
        makeId: () => makeUuid(now(), random.fill),
      },
    });
    const life = new ClientObserver(client, log, this.user, this.#unsent);
    if (this.#world.watched.length > 0) client.presence.watch(this.#world.watched);
    client.connect().catch(() => {});
    return life;
  }
}
