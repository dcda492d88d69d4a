import { createHash } from 'node:crypto';
import type { PolicyName } from '@parley/protocol';
import type { RedisLink } from '../storage/redis.ts';
import { GCRA_SCRIPT } from './gcra-script.ts';
import { LocalLimiter } from './local-limiter.ts';
import type { Policies } from './policy.ts';
import type { RateLimiter, Verdict } from './rate-limiter.ts';

/** Nobody waits longer for Redis than this; the local bucket decides then. */
const ANSWER_TIMEOUT_MS = 250;
/** After a failure Redis is left alone for this long, so that not every command waits. */
const AWAY_MS = 1_000;
/** A block is at most this part of a policy's limit, and this many tokens. */
const BLOCKS_PER_LIMIT = 12;
const MAX_BLOCK = 10;
/** Keys remembered, about 200 bytes each. */
const MAX_KEYS = 50_000;

const ALLOWED: Verdict = { allowed: true };

/** What this node knows of a key: tokens that it holds, or until when there are none. */
interface Known {
  credit: number;
  creditUntilMs: number;
  refusedUntilMs: number;
  asking: Promise<void> | null;
}

/**
 * Counts over all nodes, in Redis, with the local bucket in front: no node ever lets through more than the policy by
 * itself, whatever Redis says or does. Tokens are taken in small blocks, so that most verdicts need no round trip; over
 * all nodes at most one block more than the policy passes.
 */
export class RedisLimiter implements RateLimiter {
  readonly #policies: Policies;
  readonly #link: RedisLink;
  readonly #local: LocalLimiter;
  readonly #known = new Map<string, Known>();
  #awayUntilMs = 0;

  constructor(policies: Policies, link: RedisLink) {
    this.#policies = policies;
    this.#link = link;
    this.#local = new LocalLimiter(policies, link.clock);
  }

  take(policy: PolicyName, key: string, factor = 1, cost = 1): Verdict | Promise<Verdict> {
    const known = this.#knownOf(`${policy}:${key}`);
    const refusal = this.#refusalOf(known);
    if (refusal !== null) return refusal;
    const local = this.#local.take(policy, key, factor, cost);
    if (!local.allowed || this.#spend(known, cost) || this.#isAway) return local;
    return this.#takeShared({ policy, key, factor, cost, known });
  }

  get #isAway(): boolean {
    return !this.#link.isReady || this.#link.clock.monotonic() < this.#awayUntilMs;
  }

  async #takeShared(one: Taking): Promise<Verdict> {
    const { policy, key, factor, cost, known } = one;
    for (;;) {
      // One question per key at a time; those who come meanwhile live on its answer.
      known.asking ??= this.#ask(one).finally(() => {
        known.asking = null;
      });
      await known.asking;
      if (this.#spend(known, cost) || this.#isAway) return ALLOWED;
      const refusal = this.#refusalOf(known);
      if (refusal === null) continue;
      this.#local.giveBack(policy, key, factor, cost);
      return refusal;
    }
  }

  async #ask({ policy, key, factor, cost, known }: Taking): Promise<void> {
    const { limit, windowMs } = this.#policies[policy];
    const stretched = limit * factor;
    const block = Math.max(1, Math.min(MAX_BLOCK, Math.floor(stretched / BLOCKS_PER_LIMIT)));
    const fewest = Math.min(Math.max(0, cost - known.credit), stretched);
    const { clock } = this.#link;
    try {
      const values = [stretched, windowMs, Math.max(block, fewest), fewest].map(String);
      const [taken, waitMs] = await this.#link.answer(this.#run(this.#keyOf(policy, key), values), ANSWER_TIMEOUT_MS);
      const now = clock.monotonic();
      if (taken > 0) {
        known.credit = (known.creditUntilMs > now ? known.credit : 0) + taken;
        // As long as the tokens take to come anew: kept for longer they would add up to more than the policy.
        known.creditUntilMs = now + Math.max(1_000, (block * windowMs) / stretched);
      } else known.refusedUntilMs = now + Math.max(1, waitMs);
    } catch (error) {
      this.#awayUntilMs = clock.monotonic() + AWAY_MS;
      this.#link.reportError(error);
    }
  }

  async #run(key: string, values: string[]): Promise<readonly [number, number]> {
    const reply = await this.#link.run(GCRA_SCRIPT, key, values);
    if (!Array.isArray(reply)) throw new Error('the limiter script gave no pair');
    return [Number(reply[0]), Number(reply[1])];
  }

  /** Hashed: a key may be an e-mail address that somebody typed in, and has no bound of its own. */
  #keyOf(policy: PolicyName, key: string): string {
    return `${this.#link.prefix}rate:${policy}:${createHash('sha256').update(key).digest('base64url').slice(0, 22)}`;
  }

  #spend(known: Known, cost: number): boolean {
    if (known.credit < cost || known.creditUntilMs <= this.#link.clock.monotonic()) return false;
    known.credit -= cost;
    return true;
  }

  #refusalOf(known: Known): Verdict | null {
    const waitMs = known.refusedUntilMs - this.#link.clock.monotonic();
    return waitMs > 0 ? { allowed: false, retryAfterMs: Math.ceil(waitMs) } : null;
  }

  /** The longest unused are forgotten above the bound; Redis and the local bucket know them still. */
  #knownOf(name: string): Known {
    const known = this.#known.get(name) ?? { credit: 0, creditUntilMs: 0, refusedUntilMs: 0, asking: null };
    this.#known.delete(name);
    this.#known.set(name, known);
    if (this.#known.size > MAX_KEYS) {
      const oldest = this.#known.keys().next();
      if (!oldest.done) this.#known.delete(oldest.value);
    }
    return known;
  }
}

interface Taking {
  readonly policy: PolicyName;
  readonly key: string;
  readonly factor: number;
  readonly cost: number;
  readonly known: Known;
}
