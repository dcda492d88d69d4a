import type { ChannelId } from '@parley/protocol';
import { nowMs } from '../clock.ts';
import { Random } from '../random.ts';
import { SCENARIOS } from '../scenario.ts';
import { VirtualUser } from '../user/virtual-user.ts';
import type { FromWorker, Rest, ToWorker, WorkerPlan } from './messages.ts';
import { Pacer } from './pacer.ts';
import { Spool } from './spool.ts';
import { Tally } from './tally.ts';

const FIGURES_MS = 1_000;
const REST_POLL_MS = 50;
/** A ping's answer tells how the channels stand; asked this often while something is missing. */
const PING_MS = 500;
/** Users who are started in one turn of the ramp. */
const CONNECT_TICK_MS = 5;

/** The users of one process, and what they are told to do. */
export class Worker {
  readonly #plan: WorkerPlan;
  readonly #tell: (message: FromWorker) => void;
  readonly #tally = new Tally();
  readonly #spool: Spool;
  readonly #users: VirtualUser[];
  readonly #random: Random;
  readonly #timers = new Set<NodeJS.Timeout>();
  #figuresTimer: NodeJS.Timeout | undefined;
  #pacer: Pacer | null = null;
  #cpu = process.cpuUsage();
  #toldAt = nowMs();

  constructor(plan: WorkerPlan, tell: (message: FromWorker) => void) {
    this.#plan = plan;
    this.#tell = tell;
    this.#random = new Random(BigInt(plan.seed));
    this.#spool = new Spool(plan.spoolPath);
    const ports = {
      url: plan.url,
      rooms: new Set<string>(plan.rooms),
      tally: this.#tally,
      messageBytes: plan.messageBytes,
      random: () => this.#random.float(),
      record: this.#spool.write.bind(this.#spool),
      onInSync: () => {},
    };
    this.#users = plan.users.map((user) => new VirtualUser(user, ports));
    this.#tellEverySecond();
  }

  take(message: Exclude<ToWorker, { type: 'plan' }>): void {
    switch (message.type) {
      case 'connect':
        return this.#connect(message.startMs, message.overMs);
      case 'send':
        return this.#send(message);
      case 'cut':
        for (const user of this.#users) user.cut(message.withinMs);
        return;
      case 'stall':
        for (const user of this.#users) if (user.plan.isStalling) user.setReading(!message.on);
        return;
      case 'rest':
        return this.#rest(new Map(message.tops), message.untilMs);
      case 'end':
        void this.#end();
        return;
      default:
    }
  }

  /** An open loop as well: each user is due at its moment, however the others fare. */
  #connect(startMs: number, overMs: number): void {
    const waiting = [...this.#users];
    const stepMs = overMs / Math.max(1, waiting.length);
    let dueMs = startMs;
    const timer = this.#every(CONNECT_TICK_MS, () => {
      for (const now = nowMs(); dueMs <= now; dueMs += stepMs) {
        const user = waiting.shift();
        if (user === undefined) return clearInterval(timer);
        user.connect(dueMs);
      }
    });
  }

  #send(pace: Extract<ToWorker, { type: 'send' }>): void {
    this.#pacer?.stop();
    const { factorAt } = SCENARIOS[this.#plan.scenario];
    if (pace.rate === 0) {
      this.#tell({ type: 'sent' });
      return;
    }
    this.#pacer = new Pacer(
      { ...pace, factorAt },
      (dueMs) => this.#users[this.#random.below(this.#users.length)]?.send(dueMs),
      () => this.#tell({ type: 'sent' }),
    );
  }

  #rest(tops: ReadonlyMap<ChannelId, number>, untilMs: number): void {
    let pingedAt = 0;
    const timer = this.#every(REST_POLL_MS, () => {
      const now = nowMs();
      const { rest, lacking } = this.#look(tops);
      const isAtRest = rest.unanswered + rest.away + rest.behind === 0;
      if (isAtRest || now >= untilMs) {
        clearInterval(timer);
        this.#tellFigures();
        return this.#tell({ type: 'rest', rest });
      }
      if (now - pingedAt < PING_MS) return;
      pingedAt = now;
      for (const user of lacking) user.ping();
    });
  }

  #look(tops: ReadonlyMap<ChannelId, number>): { rest: Rest; lacking: VirtualUser[] } {
    const lacking = this.#users.filter((user) =>
      user.plan.rooms.some((room) => user.places.revOf(room) < (tops.get(room) ?? 0)),
    );
    const away = this.#users.filter((user) => !user.isReady).length;
    return { rest: { unanswered: this.#unanswered(), away, behind: lacking.length }, lacking };
  }

  async #end(): Promise<void> {
    this.#pacer?.stop();
    for (const user of this.#users) user.noteFinal();
    for (const user of this.#users) user.close();
    clearTimeout(this.#figuresTimer);
    for (const timer of this.#timers) clearInterval(timer);
    await this.#spool.close();
    this.#tell({ type: 'ended' });
  }

  #unanswered(): number {
    return this.#users.reduce((sum, user) => sum + user.unanswered, 0);
  }

  /** At the full second of the shared clock, so that the figures of all workers are of the same time. */
  #tellEverySecond(): void {
    this.#figuresTimer = setTimeout(
      () => {
        this.#tellFigures();
        this.#tellEverySecond();
      },
      FIGURES_MS - (nowMs() % FIGURES_MS),
    );
  }

  #tellFigures(): void {
    const now = nowMs();
    const used = process.cpuUsage(this.#cpu);
    const cpu = (used.user + used.system) / 1_000 / Math.max(1, now - this.#toldAt);
    this.#cpu = process.cpuUsage();
    this.#toldAt = now;
    const connected = this.#users.filter((user) => user.isReady).length;
    const unanswered = this.#unanswered();
    this.#tell({ type: 'figures', atMs: now, connected, unanswered, figures: this.#tally.take(), cpu });
  }

  #every(periodMs: number, work: () => void): NodeJS.Timeout {
    const timer = setInterval(work, periodMs);
    this.#timers.add(timer);
    return timer;
  }
}
