import type { UserId } from '@parley/protocol';
import type { RedisLink } from '../storage/redis.ts';
import { combine, type DeviceState } from './presence.ts';
import { BEAT_PERIOD_MS, type Beat, type PresenceStore } from './presence-store.ts';
import { RedisLives } from './redis-lives.ts';
import { RememberedStates } from './remembered-states.ts';

/** For so long, while Redis cannot tell, users of other nodes count as being where they were last read. */
const MEMORY_MS = 20_000;
/** Once Redis can be asked again, or was emptied, every node has written its users anew within one beat. */
const REFILL_MS = BEAT_PERIOD_MS + 2_000;

/** Since when Redis does not tell of all nodes, and when it will again; null: it does not answer. */
interface Blindness {
  readonly sinceMs: number;
  endsAtMs: number | null;
}

/**
 * Presence in Redis. Nothing is written while nothing changes, but one line per node and beat. A node that has to begin
 * anew, because Redis or the others may hold something else of it, does so under a name of its own, a new life: whoever
 * clears away the old one takes nothing of the new.
 */
export class RedisPresenceStore implements PresenceStore {
  readonly #link: RedisLink;
  readonly #lives: RedisLives;
  readonly #nodeName: string;
  readonly #own = new Map<UserId, DeviceState>();
  readonly #remembered: RememberedStates;
  #livesBegun = 0;
  /** What may be left in Redis of lives before this one. */
  readonly #former = new Set<string>();
  /** Null: what is in Redis is not known to be what this node says. */
  #life: string | null = null;
  #others: ReadonlySet<string> = new Set();
  #blindness: Blindness | null = null;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(nodeName: string, link: RedisLink) {
    this.#nodeName = nodeName;
    this.#link = link;
    this.#lives = new RedisLives(link);
    this.#remembered = new RememberedStates(link.clock);
  }

  write(changes: ReadonlyMap<UserId, DeviceState | null>): Promise<void> {
    for (const [userId, state] of changes) {
      if (state === null) this.#own.delete(userId);
      else this.#own.set(userId, state);
    }
    return this.#inTurn(async () => {
      const life = this.#life;
      if (life === null) return await this.#begin();
      this.#life = null;
      this.#former.add(life);
      await this.#lives.put(life, changes);
      this.#former.delete(life);
      this.#life = life;
    });
  }

  /** What Redis cannot tell, because it is away or was emptied a moment ago, is as it was last read, for a bounded time. */
  async read(userIds: readonly UserId[]): Promise<Map<UserId, DeviceState>> {
    const others = await this.#readOthers(userIds);
    const found = new Map<UserId, DeviceState>();
    for (const [index, userId] of userIds.entries()) {
      // A node never doubts itself, however long its process was held up.
      const states = [this.#own.get(userId), others[index] ?? this.#recall(userId)];
      const state = combine(states.filter((one) => one !== undefined && one !== null));
      if (state !== null) found.set(userId, state);
    }
    return found;
  }

  beat(): Promise<Beat> {
    return this.#inTurn(async () => {
      try {
        const lost = await this.#prolong();
        const { present, ended } = await this.#lives.look();
        lost.push(...(await this.#clear(ended)));
        const hasLostNode = this.#noteOthers(present);
        return { lost: [...new Set(lost)], isUnsure: this.#endBlindness(), hasLostNode };
      } catch (error) {
        this.#goBlind();
        if (!this.#endMemory()) throw error;
        this.#link.reportError(error);
        return { lost: [], isUnsure: true, hasLostNode: false };
      }
    });
  }

  leave(): Promise<void> {
    this.#own.clear();
    return this.#inTurn(async () => {
      if (this.#life !== null) this.#former.add(this.#life);
      this.#life = null;
      await this.#removeFormer();
    });
  }

  /** Returns whose state may have been read wrongly: this node's users, when it had been given up. */
  async #prolong(): Promise<UserId[]> {
    const life = this.#life;
    if (life === null) {
      await this.#begin();
      return [];
    }
    if ((await this.#lives.prolong(life)).holds) {
      await this.#lives.keep(life);
      return [];
    }
    this.#goBlind();
    this.#former.add(life);
    await this.#begin();
    return [...this.#own.keys()];
  }

  /** Writes all users of this node under a new name, then lets them be seen, then takes away what was before. */
  async #begin(): Promise<void> {
    this.#livesBegun += 1;
    const life = `${this.#nodeName}.${this.#livesBegun}`;
    this.#life = null;
    this.#former.add(life);
    await this.#lives.put(life, this.#own);
    await this.#lives.prolong(life, true);
    this.#former.delete(life);
    this.#life = life;
    await this.#removeFormer();
  }

  async #removeFormer(): Promise<void> {
    for (const life of this.#former) {
      await this.#lives.remove(life);
      this.#former.delete(life);
    }
  }

  /** Their users are given before they are taken away: should this node die between, another one gives them. */
  async #clear(ended: readonly string[]): Promise<UserId[]> {
    const lost: UserId[] = [];
    for (const life of ended) {
      lost.push(...(await this.#lives.usersOf(life)));
      await this.#lives.remove(life);
    }
    return lost;
  }

  /** True when one of the lives that were there at the last beat is not any more. */
  #noteOthers(present: readonly string[]): boolean {
    const others = new Set(present.filter((life) => !this.#isOwn(life)));
    const hasLost = [...this.#others].some((life) => !others.has(life));
    this.#others = others;
    return hasLost;
  }

  #isOwn(life: string): boolean {
    return life.startsWith(`${this.#nodeName}.`);
  }

  async #readOthers(userIds: readonly UserId[]): Promise<readonly (DeviceState | null)[]> {
    try {
      const own = this.#life;
      const { present, holds } = await this.#lives.look(own ?? '');
      if (own !== null && own === this.#life && !holds) this.#goBlind();
      const others = present.filter((life) => !this.#isOwn(life));
      const states = await this.#lives.statesIn(others, userIds);
      if (this.#isSeeing()) {
        for (const [index, userId] of userIds.entries()) this.#remembered.keep(userId, states[index] ?? null);
      }
      return states;
    } catch (error) {
      this.#link.reportError(error);
      this.#goBlind();
      return [];
    }
  }

  #recall(userId: UserId): DeviceState | null {
    if (this.#blindness === null) return null;
    return this.#isRemembering(this.#blindness) ? this.#remembered.recall(userId, this.#blindness.sinceMs) : null;
  }

  #goBlind(): void {
    this.#blindness = { sinceMs: this.#blindness?.sinceMs ?? this.#link.clock.monotonic(), endsAtMs: null };
  }

  /** Called after Redis has answered. */
  #isSeeing(): boolean {
    const now = this.#link.clock.monotonic();
    if (this.#blindness === null) return true;
    this.#blindness.endsAtMs ??= now + REFILL_MS;
    return now >= this.#blindness.endsAtMs;
  }

  /** True when Redis tells again of everybody, as it did not until now. */
  #endBlindness(): boolean {
    if (this.#blindness === null || !this.#isSeeing()) return false;
    this.#blindness = null;
    return true;
  }

  /** True when what was remembered counts no more, as it did until now. */
  #endMemory(): boolean {
    if (this.#blindness === null || this.#isRemembering(this.#blindness)) return false;
    return this.#remembered.forget();
  }

  #isRemembering({ sinceMs }: Blindness): boolean {
    return this.#link.clock.monotonic() - sinceMs <= MEMORY_MS;
  }

  /** One change after the other: of two at a time the earlier could be written last. */
  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#tail.then(work);
    this.#tail = turn.catch(() => {});
    return turn;
  }
}
