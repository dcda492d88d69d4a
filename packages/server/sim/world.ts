import { createChecker, type HistoryRecord, Random, type Verdict, type Violation } from '@parley/load-test';
import type { ChannelId } from '@parley/protocol';
import type { Logger } from '../src/monitoring/logger.ts';
import { DatabaseServer } from './database/database-server.ts';
import { STATEMENTS } from './database/statements/statements.ts';
import { Deeds } from './deeds.ts';
import type { SimDoor } from './door.ts';
import { Faults, type NodeSlot } from './faults.ts';
import { type Deed, type Fault, isFault, type Plan } from './happening.ts';
import { PresenceExam } from './presence-exam.ts';
import { RateRule, SEND_RATE } from './rate-rule.ts';
import { RedisServer } from './redis/redis-server.ts';
import { Scheduler } from './scheduler.ts';
import { type Population, populate } from './seeding.ts';
import { BusServer } from './sim-bus.ts';
import { SimClient } from './sim-client.ts';
import { type NodeWorld, SimNode } from './sim-node.ts';
import { SpreadRule } from './spread-rule.ts';
import { Tally } from './tally.ts';
import type { Trouble } from './trouble.ts';
import { MembershipHistory, readTruth } from './truth.ts';

/** Everybody has this long to come to rest after the last fault has ended. */
const REST_LIMIT_MS = 150_000;
const REST_STEP_MS = 500;
/** What is on the screens is written down this often. */
const LOOK_PERIOD_MS = 500;

/** What has been as it should for this long stays so. */
const STILL_MS = 5_000;

/** Intervals are short, so that a run of seconds holds many of them. */
const ENV = {
  PARLEY_HEARTBEAT_INTERVAL_MS: '2000',
  PARLEY_QUEUE_RETENTION_MS: '5000',
  PARLEY_DATABASE_POOL: '4',
  PARLEY_CACHE_EXPIRY_MS: '3000',
  PARLEY_CACHE_REFRESH_INTERVAL_MS: '500',
  PARLEY_RATE_MESSAGES: `${SEND_RATE.limit}/s`,
};

/** Errors that a broken connection to PostgreSQL or Redis explains. */
const EXPLAINED = /onnect|ECONN|timeout|The client is (offline|closed)|Socket closed|gave no answer in time/;

/** What a run found. */
export interface RunResult {
  readonly verdict: Verdict;
  /** Faults of our own code that no injected fault explains, and clients that never came to rest. */
  readonly troubles: readonly Trouble[];
  /** Faults that met something to break, by kind. */
  readonly faults: Readonly<Record<string, number>>;
  /** What they did one by one, by name. */
  readonly effects: Readonly<Record<string, number>>;
  readonly steps: number;
  readonly virtualMs: number;
}

export interface WorldOptions {
  readonly seed: bigint;
  readonly plan: Plan;
  readonly onRecord?: (record: HistoryRecord) => void;
}

/** One run of one plan: nodes, clients, a database, a bus, and time that only moves here. */
export class World {
  readonly scheduler = new Scheduler();
  readonly #random: Random;
  readonly #options: WorldOptions;
  readonly database: DatabaseServer;
  readonly busServer: BusServer;
  readonly redis: RedisServer;
  readonly slots: readonly NodeSlot[];
  readonly clients: SimClient[];
  readonly population: Population;
  readonly #memberships = new MembershipHistory();
  // A link that stands still holds what is old for as long as it likes.
  readonly #checker = createChecker({ removalMs: Number.POSITIVE_INFINITY });
  readonly #troubles: Trouble[] = [];
  readonly #faults = new Tally();
  readonly effects = new Tally();
  readonly #nodeWorld: NodeWorld;
  readonly report = (invariant: Trouble['invariant'], text: string): void => {
    this.#troubles.push({ invariant, text });
  };
  readonly #rates = new RateRule(this.report);
  readonly #spread = new SpreadRule();

  constructor(options: WorldOptions) {
    this.#options = options;
    const { shape } = options.plan;
    this.#random = new Random(options.seed);
    this.database = new DatabaseServer(this.scheduler, STATEMENTS, this.#random.fork('disk'));
    this.database.store.onRow = ({ table }, row) => {
      if (table === 'channel_members' && row !== null) this.#memberships.note(row);
    };
    this.busServer = new BusServer(this.scheduler, this.#random.fork('bus'), this.effects);
    this.redis = new RedisServer(this.scheduler, this.#random.fork('redis'));
    this.population = populate(this.database, this.#random.fork('population'), shape);
    this.#nodeWorld = {
      scheduler: this.scheduler,
      effects: this.effects,
      database: this.database,
      busServer: this.busServer,
      redis: shape.cluster === 'redis' ? this.redis : null,
      env: { ...ENV, PARLEY_QUEUE_MODE: shape.queue, PARLEY_CACHE_MESSAGE_LIMIT: String(shape.cached ?? 0) },
      logger: this.#logger(),
      onSend: (node, userId) => this.#rates.take(node, userId, this.scheduler.nowMs),
    };
    this.slots = Array.from({ length: shape.nodes }, (_, index) => ({ name: `node${index}`, node: null, lives: 0 }));
    for (const slot of this.slots) this.startNode(slot);
    this.clients = Array.from({ length: shape.clients }, (_, index) => this.#addClient(`client${index}`, index));
    for (const client of this.clients) for (const channel of this.population.channels) client.show(channel);
  }

  startNode(slot: NodeSlot): void {
    slot.lives += 1;
    const name = `${slot.name}#${slot.lives}`;
    slot.node = new SimNode(name, this.#nodeWorld, this.#random.fork(name));
  }

  /** Lets the plan happen, heals everything, waits until all is quiet, and judges. */
  async run(): Promise<RunResult> {
    const stopListening = this.#listenForRejections();
    try {
      return await this.#run();
    } finally {
      stopListening();
      for (const client of this.clients) client.stop();
    }
  }

  async #run(): Promise<RunResult> {
    const { plan } = this.#options;
    const faults = new Faults(this);
    const deeds = new Deeds({ ...this.population, clients: this.clients }, this.#random.fork('deeds'));
    // Clients get a moment to connect before anything happens.
    const startMs = 300;
    for (const happening of plan.happenings) {
      this.scheduler.after(startMs + happening.atMs, () => {
        if (isFault(happening)) this.#breakSomething(faults, happening as Fault);
        else deeds.do(happening as Deed);
      });
    }
    for (let atMs = 0; atMs < plan.shape.durationMs + startMs; atMs += LOOK_PERIOD_MS) {
      await this.#runFor(LOOK_PERIOD_MS);
      this.#look(false);
    }
    faults.healAll();
    await this.#rest();
    await this.#examinePresence();
    await this.#addFreshClients();
    this.#spread.judge(this.report);
    const expected = this.#look(true);
    if (this.scheduler.isExhausted) this.report('I18', 'something goes round and round: the run was ended');
    const verdict = this.#checker.finish({ ...this.#truth(), expected });
    return {
      verdict,
      troubles: this.#troubles,
      faults: this.#faults.counts,
      effects: this.effects.counts,
      steps: this.scheduler.steps,
      virtualMs: Math.round(this.scheduler.nowMs),
    };
  }

  #breakSomething(faults: Faults, fault: Fault): void {
    if (!faults.apply(fault)) return;
    this.#faults.add(fault.kind);
    this.#checker.add({ run: '', seed: '', proc: 'world', tMono: this.scheduler.nowMs, type: 'fault', op: fault.kind });
  }

  #runFor(durationMs: number): Promise<void> {
    return this.scheduler.runFor(durationMs, () => {
      for (const client of this.clients) client.flush();
    });
  }

  /** Waits until every client is where the database is. */
  async #rest(): Promise<void> {
    for (let waitedMs = 0; waitedMs < REST_LIMIT_MS; waitedMs += REST_STEP_MS) {
      if (this.clients.every((client) => this.#unrest(client) === null)) return;
      await this.#runFor(REST_STEP_MS);
    }
    for (const client of this.clients) {
      const unrest = this.#unrest(client);
      if (unrest !== null) this.report('I18', `${client.proc} never came to rest: ${unrest}`);
    }
  }

  #unrest(client: SimClient): string | null {
    if (!client.isOnline) return 'it is not online';
    if (client.unsent > 0) return `${client.unsent} messages are not sent`;
    for (const channel of this.population.channels) {
      const row = this.database.store.read({ table: 'channels', key: channel }, this.database.store.stamp);
      const isIn = this.#isMember(channel, client);
      if (client.channels.includes(channel) !== isIn) return isIn ? 'it lacks a channel' : 'it kept a channel';
      if (isIn && client.revOf(channel) !== row?.last_rev)
        return `it is at rev ${client.revOf(channel)} of ${Number(row?.last_rev)}`;
    }
    return null;
  }

  /** In many runs one user goes for good, and it is seen who still shows him. */
  async #examinePresence(): Promise<void> {
    const random = this.#random.fork('presence');
    if (this.#nodeWorld.redis === null || !random.chance(0.6)) return;
    const exam = new PresenceExam(this, random);
    exam.letOneGo();
    await this.#runUntilStill(exam.waitMs, () => exam.mistakes().length === 0);
    for (const mistake of exam.mistakes()) this.report('I13', mistake);
    exam.letHimComeBack();
    await this.#rest();
  }

  /** Ends early when all has been well for a while: the virtual seconds that are left are worth more elsewhere. */
  async #runUntilStill(limitMs: number, isWell: () => boolean): Promise<void> {
    let wellMs = 0;
    for (let waitedMs = 0; waitedMs < limitMs && wellMs < STILL_MS; waitedMs += LOOK_PERIOD_MS) {
      await this.#runFor(LOOK_PERIOD_MS);
      wellMs = isWell() ? wellMs + LOOK_PERIOD_MS : 0;
    }
  }

  #isMember(channel: ChannelId, client: SimClient): boolean {
    const place = { table: 'channel_members', key: `${channel} ${client.user}` } as const;
    return this.database.store.read(place, this.database.store.stamp)?.left_at === null;
  }

  /** A device that was never there sees the same as those that went through it all. */
  async #addFreshClients(): Promise<void> {
    const fresh = this.population.users.map((_, index) => this.#addClient(`fresh${index}`, index));
    this.clients.push(...fresh);
    await this.#runFor(2_000);
    await Promise.resolve();
    for (const client of fresh) for (const channel of client.channels) client.show(channel);
    await this.#rest();
    await this.#runFor(2_000);
  }

  #look(isFinal: boolean): { proc: string; channels: ChannelId[] }[] {
    return this.clients.map((client) => {
      const channels = this.population.channels.filter((channel) => this.#isMember(channel, client));
      for (const channel of isFinal ? channels : client.channels) client.writeState(channel, isFinal);
      return { proc: client.proc, channels };
    });
  }

  #truth() {
    return readTruth(this.database, this.population, this.#memberships, this.scheduler.nowMs);
  }

  #addClient(name: string, index: number): SimClient {
    const users = this.population.users;
    const random = this.#random.fork(name);
    const doors = random.fork('doors');
    const world = {
      scheduler: this.scheduler,
      effects: this.effects,
      report: this.report,
      onWait: (waitMs: number) => this.#spread.take(waitMs),
      watched: this.#options.plan.shape.cluster === 'redis' ? users : [],
      seed: String(this.#options.seed),
      pickDoor: () => this.#pickDoor(doors),
      write: (record: HistoryRecord) => {
        this.#options.onRecord?.(record);
        this.#checker.add(record);
      },
    };
    return new SimClient(name, users[index % users.length] ?? ('' as never), world, random);
  }

  /** A balancer that mostly knows which nodes are up. */
  #pickDoor(random: Random): SimDoor | null {
    const up = this.slots.filter(({ node }) => node !== null);
    const slot = up.length > 0 && random.chance(0.8) ? random.pick(up) : random.pick(this.slots);
    return slot.node?.door ?? null;
  }

  /** Faults of the product that it logs: those that no broken connection explains are its own. */
  #logger(): Logger {
    const error = ({ err }: { err: unknown }, text: string): void => {
      const isExplained =
        err instanceof Error && (('code' in err && err.code !== undefined) || EXPLAINED.test(err.message));
      if (!isExplained)
        this.report('I17', `${text}: ${err instanceof Error ? (err.stack ?? err.message) : String(err)}`);
    };
    return { error, info: () => {}, warn: () => {} } as unknown as Logger;
  }

  #listenForRejections(): () => void {
    const note = (error: unknown): void => {
      this.report('I17', `unhandled: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    };
    process.on('unhandledRejection', note);
    process.on('uncaughtException', note);
    return () => {
      process.off('unhandledRejection', note);
      process.off('uncaughtException', note);
    };
  }
}

/** True when nothing is wrong. */
export function isClean({ verdict, troubles }: RunResult): boolean {
  return verdict.ok && troubles.length === 0;
}

export type { Violation };
