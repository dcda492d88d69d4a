import type { WebSocketClass } from '@parley/client';
import type { ChannelId } from '@parley/protocol';
import { createChecker } from '../checker/checker.ts';
import type { FinalState } from '../checker/final-state.ts';
import type { HistoryRecord } from '../checker/history-record.ts';
import type { Verdict } from '../checker/verdict.ts';
import { type Account, LoggedClient } from '../history/logged-client.ts';
import type { Random } from '../random.ts';
import { Recovery } from './recovery.ts';
import { type Rooms, type Traffic, Workload } from './workload.ts';

/** What a trial needs of the installation that is tried. */
export interface TrialWorld {
  readonly accounts: readonly Account[];
  readonly WebSocket: WebSocketClass;
  readonly rooms: Rooms;
  /** The address that a balancer would give to a device for its next socket. */
  pickUrl(device: number): string;
  /** What is stored of the rooms now. */
  readTruth(): Promise<FinalState>;
}

/** What is broken in a trial. */
export interface TrialFault {
  readonly kind: string;
  /** Breaks something and mends it; calls `mark` when clients ought to recover from then on. Resolves when all is mended. */
  run(mark: () => void, devices: readonly LoggedClient[]): Promise<void>;
}

export interface TrialOptions {
  readonly world: TrialWorld;
  readonly seed: string;
  readonly random: Random;
  readonly faults: readonly TrialFault[];
  /** Devices that take part; users may have several. */
  readonly devices: number;
  /** Multiplies the pauses of everybody; 1 unless given. */
  readonly slowdown?: number;
  /** What people do, where it is not the mixture of everything that a seed draws. */
  readonly traffic?: (clients: readonly LoggedClient[], rooms: Rooms) => Traffic;
  /** Sends that a device may have unanswered in a channel; one unless given. */
  readonly sendWindow?: number;
  /** How often what is on the screens is looked at; `LOOK_PERIOD_MS` unless given. */
  readonly lookPeriodMs?: number;
  /** Codes with which a send may be refused while the faults last; none where nothing may be refused. */
  readonly mayRefuse?: readonly string[];
  onRecord?(record: HistoryRecord): void;
}

export interface TrialResult {
  readonly verdict: Verdict;
  /** What no invariant tells: clients that never came to rest, sends refused for a strange reason. */
  readonly troubles: readonly string[];
  /** From the moment from which clients ought to recover until each had heard what each of them said after it; null where they never did. */
  readonly recoveryMs: number | null;
  readonly durationMs: number;
}

/** Traffic before the first fault. */
const WARM_UP_MS = 300;
/** Second faults come within this long of the first. */
const MAX_STAGGER_MS = 600;
/** How long after all is mended everybody may take to be in step again. */
const REST_LIMIT_MS = 150_000;
const POLL_MS = 25;
const LOOK_PERIOD_MS = 400;

/** Lets people talk while something is broken, waits until all is mended and in step, and judges. */
export async function runTrial(options: TrialOptions): Promise<TrialResult> {
  return new Trial(options).run();
}

class Trial {
  readonly #options: TrialOptions;
  readonly #startedAt = performance.now();
  // A link that stands still holds what is old for as long as it likes.
  readonly #checker = createChecker({ removalMs: Number.POSITIVE_INFINITY });
  readonly #clients: LoggedClient[] = [];
  readonly #troubles: string[] = [];

  constructor(options: TrialOptions) {
    this.#options = options;
  }

  async run(): Promise<TrialResult> {
    const { devices, world, faults } = this.#options;
    try {
      for (let index = 0; index < devices; index++) this.#add(`device${index}`, index);
      await this.#until('everybody is online', () => this.#clients.find((client) => !client.isOnline)?.name);
      for (const client of this.#clients) for (const room of Object.values(world.rooms)) client.show(room);
      const workload = this.#traffic();
      workload.start();
      const looks = setInterval(() => this.#look(false), this.#options.lookPeriodMs ?? LOOK_PERIOD_MS);
      await delay(WARM_UP_MS);
      const recovery = new Recovery(this.#clients, world.rooms.hall);
      const mark = () => {
        workload.comeToRest();
        recovery.mark();
      };
      await Promise.all(faults.map((fault, index) => this.#break(fault, index, mark)));
      const recoveryMs = await recovery.settled(REST_LIMIT_MS);
      if (recoveryMs === null) this.#troubles.push(`not everybody was heard again: ${recovery.missing()}`);
      workload.stop();
      clearInterval(looks);
      await this.#rest();
      await this.#addFreshClients();
      return { ...(await this.#judge()), recoveryMs, durationMs: performance.now() - this.#startedAt };
    } finally {
      for (const client of this.#clients) client.stop();
    }
  }

  #traffic(): Traffic {
    const { world, random, slowdown, traffic } = this.#options;
    if (traffic !== undefined) return traffic(this.#clients, world.rooms);
    return new Workload(this.#clients, world.rooms, random.fork('workload'), slowdown);
  }

  async #break(fault: TrialFault, index: number, mark: () => void): Promise<void> {
    await delay(index * this.#options.random.between(0, MAX_STAGGER_MS));
    this.#write({ run: '', seed: '', proc: 'world', tMono: performance.now(), type: 'fault', op: fault.kind });
    await fault.run(mark, this.#clients);
  }

  #add(name: string, index: number): LoggedClient {
    const { world, seed, random, sendWindow, mayRefuse } = this.#options;
    const account = world.accounts[index % world.accounts.length];
    if (account === undefined) throw new Error('a trial needs accounts');
    const client = new LoggedClient({
      name,
      account,
      WebSocket: world.WebSocket,
      random: random.fork(name),
      sendWindow,
      pickUrl: () => world.pickUrl(index),
      run: 'faults',
      seed,
      write: (record) => this.#write(record),
      onRefused: (channel, code) => {
        if (channel === world.rooms.hall && mayRefuse !== undefined && !mayRefuse.includes(code))
          this.#troubles.push(`a send was refused with ${code}`);
      },
    });
    this.#clients.push(client);
    return client;
  }

  #write(record: HistoryRecord): void {
    this.#options.onRecord?.(record);
    this.#checker.add(record);
  }

  /** Waits until every client is where the database is. */
  async #rest(): Promise<void> {
    await this.#until('everybody is in step', async () => {
      const busy = this.#clients.find((client) => !client.isOnline || client.unsent > 0);
      if (busy !== undefined) return `${busy.proc} is ${busy.isOnline ? `with ${busy.unsent} unsent` : 'not online'}`;
      const truth = await this.#options.world.readTruth();
      return this.#clients.map((client) => unrestOf(client, truth)).find((unrest) => unrest !== null) ?? undefined;
    });
  }

  /** Waits until `unrest` finds nothing; what it found last is told. */
  async #until(what: string, unrest: () => string | undefined | Promise<string | undefined>): Promise<void> {
    const deadline = performance.now() + REST_LIMIT_MS;
    for (;;) {
      const found = await unrest();
      if (found === undefined) return;
      if (performance.now() > deadline) return void this.#troubles.push(`waited in vain until ${what}: ${found}`);
      await delay(POLL_MS);
    }
  }

  /** A device that was never there sees the same as those that went through it all. */
  async #addFreshClients(): Promise<void> {
    const { accounts, rooms } = this.#options.world;
    const fresh = accounts.map((_, index) => this.#add(`fresh${index}`, index));
    await this.#until('a fresh device is online', () => fresh.find((client) => !client.isOnline)?.name);
    for (const client of fresh) for (const room of Object.values(rooms)) client.show(room);
    await this.#rest();
    await this.#until('what is on the screens is loaded', () => this.#unloaded());
  }

  #unloaded(): string | undefined {
    for (const { client, channels, proc } of this.#clients) {
      for (const channel of channels) {
        const { isLoaded, isLoading } = client.channel(channel).messages.getSnapshot();
        if (isLoaded && !isLoading) continue;
        // A page that did not come while something was broken shows a person an error, and he tries again.
        if (!isLoading)
          client
            .channel(channel)
            .load()
            .catch(() => {});
        return `${proc} still loads ${channel}`;
      }
    }
    return undefined;
  }

  #look(isFinal: boolean): void {
    for (const client of this.#clients) for (const channel of client.channels) client.writeState(channel, isFinal);
  }

  async #judge(): Promise<Pick<TrialResult, 'verdict' | 'troubles'>> {
    const truth = await this.#options.world.readTruth();
    this.#look(true);
    const expected = this.#clients.map((client) => ({
      proc: client.proc,
      channels: truth.channels.filter((channel) => isIn(client, channel)).map(({ id }) => id),
    }));
    return { verdict: this.#checker.finish({ ...truth, expected }), troubles: this.#troubles };
  }
}

function unrestOf(client: LoggedClient, truth: FinalState): string | null {
  for (const channel of truth.channels.filter(({ id, root }) => id === root)) {
    const isMember = isIn(client, channel);
    const has = client.channels.includes(channel.id as ChannelId);
    if (has !== isMember) return `${client.proc} ${isMember ? 'lacks' : 'kept'} ${channel.id}`;
    const rev = client.revOf(channel.id as ChannelId);
    if (isMember && rev !== channel.lastRev) return `${client.proc} is at rev ${rev} of ${channel.lastRev}`;
    const own = channel.members.find(({ user }) => user === client.account.id);
    const info = client.client.channel(channel.id as ChannelId).info.getSnapshot();
    if (isMember && info?.membership?.readSeq !== own?.readSeq)
      return `${client.proc} has read ${info?.membership?.readSeq} of ${own?.readSeq}`;
  }
  return null;
}

function isIn({ account }: LoggedClient, { members }: FinalState['channels'][number]): boolean {
  return members.some(({ user }) => user === account.id);
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
