import type { HistoryRecord, PresenceRecord, Stamp, TypingRecord } from './history-record.ts';
import type { Proc, Rule } from './rule.ts';
import type { Truth } from './truth.ts';
import type { Findings } from './verdict.ts';

/** A user without sockets is shown offline after this at the latest, whatever died. */
const OFFLINE_MS = 45_000;
/** A user with a socket is shown online after this. */
const ONLINE_MS = 2_000;
/** Who stops typing is believed for 6 s; one more for the way. */
const TYPING_MS = 7_000;

/** Since when a user has, or has not, a socket. */
interface Life {
  sockets: number;
  sinceMs: number;
}

interface Shown<Value> {
  readonly proc: string;
  readonly user: string;
  readonly value: Value;
  readonly sinceMs: number;
}

/** I13: what watchers show of others follows what the others do, in time. Watchers without a session are not asked. */
export class PresenceRule implements Rule {
  readonly #findings: Findings;
  readonly #lives = new Map<string, Life>();
  /** Since when each process has its session; absent while it has none. */
  readonly #connectedAt = new Map<string, number>();
  /** By process and user. */
  readonly #shown = new Map<string, Shown<PresenceRecord['status']>>();
  readonly #typing = new Map<string, Shown<string>>();
  /** When each user last said that he types, by channel and user. */
  readonly #typedAt = new Map<string, number>();
  /** Users who chose to look offline. */
  readonly #hidden = new Set<string>();

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  add(record: HistoryRecord, proc: Proc): void {
    switch (record.type) {
      case 'conn':
        if (!proc.connected) this.#live(record.user, 1, record.tMono);
        this.#connectedAt.set(proc.name, record.tMono);
        return;
      case 'close':
        if (proc.connected) this.#live(proc.user, -1, record.tMono);
        this.#forget(proc.name);
        return;
      case 'invoke':
        if (record.op === 'typing.set') this.#typedAt.set(`${record.channel} ${proc.user}`, record.tMono);
        if (record.op === 'presence.set') this.#hidden.add(proc.user);
        return;
      case 'presence':
        return this.#show(record, proc);
      case 'typing':
        return this.#showTyping(record, proc);
      default:
    }
  }

  finish(truth: Truth): void {
    for (const shown of this.#shown.values()) this.#judge(shown, truth.state.tMono);
    for (const [key, shown] of this.#typing) this.#judgeTyping(key, shown, truth.state.tMono);
  }

  #live(user: string, change: 1 | -1, tMono: number): void {
    const life = this.#lives.get(user) ?? { sockets: 0, sinceMs: tMono };
    const was = life.sockets > 0;
    life.sockets += change;
    if (was !== life.sockets > 0) {
      // What watchers show was right until now, or is wrong from now: either way the old state's time ends here.
      for (const shown of this.#shown.values()) if (shown.user === user) this.#judge(shown, tMono);
      life.sinceMs = tMono;
    }
    this.#lives.set(user, life);
  }

  #show(record: PresenceRecord & Stamp, proc: Proc): void {
    const key = `${proc.name} ${record.user}`;
    const before = this.#shown.get(key);
    if (before !== undefined) this.#judge(before, record.tMono);
    this.#shown.set(key, { proc: proc.name, user: record.user, value: record.status, sinceMs: record.tMono });
  }

  /** Says whether a status that was shown until `untilMs` was shown too long. */
  #judge(shown: Shown<PresenceRecord['status']>, untilMs: number): void {
    const life = this.#lives.get(shown.user);
    const connectedAt = this.#connectedAt.get(shown.proc);
    if (life === undefined || connectedAt === undefined) return;
    const wrongMs = untilMs - Math.max(life.sinceMs, shown.sinceMs, connectedAt);
    const place = { proc: shown.proc, tMono: untilMs };
    if (life.sockets === 0 && shown.value !== 'offline' && wrongMs > OFFLINE_MS)
      this.#findings.add(
        'I13',
        `${shown.user} was shown ${shown.value} ${wrongMs} ms after the last socket died`,
        place,
      );
    if (life.sockets > 0 && shown.value === 'offline' && wrongMs > ONLINE_MS && !this.#hidden.has(shown.user))
      this.#findings.add('I13', `${shown.user} was shown offline for ${wrongMs} ms while connected`, place);
  }

  #showTyping(record: TypingRecord & Stamp, proc: Proc): void {
    const key = `${proc.name} ${record.channel} ${record.user}`;
    const before = this.#typing.get(key);
    if (record.on) {
      const value = record.channel;
      this.#typing.set(key, { proc: proc.name, user: record.user, value, sinceMs: record.tMono });
    } else if (before !== undefined) this.#judgeTyping(key, before, record.tMono);
  }

  #judgeTyping(key: string, shown: Shown<string>, untilMs: number): void {
    this.#typing.delete(key);
    const typedAt = this.#typedAt.get(`${shown.value} ${shown.user}`) ?? shown.sinceMs;
    const staleMs = untilMs - Math.max(typedAt, shown.sinceMs);
    if (staleMs > TYPING_MS)
      this.#findings.add('I13', `${shown.user} was shown typing for ${staleMs} ms after the last sign of it`, {
        proc: shown.proc,
        channel: shown.value,
        tMono: untilMs,
      });
  }

  /** A process without a session shows nothing that counts. */
  #forget(proc: string): void {
    this.#connectedAt.delete(proc);
    for (const [key, shown] of this.#shown) if (shown.proc === proc) this.#shown.delete(key);
    for (const [key, shown] of this.#typing) if (shown.proc === proc) this.#typing.delete(key);
  }
}
