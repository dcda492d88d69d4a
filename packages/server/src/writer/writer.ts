import type pg from 'pg';
import type { Fanout } from '../fanout/fanout.ts';
import { AppError } from '../lib/app-error.ts';
import { present } from '../lib/assert.ts';
import { AwayError } from '../queue/message-queue.ts';
import type { SendEntry, SendOutcome } from '../queue/send-entry.ts';
import { errorCode, isRefusal, isRetryableError, isRowFault, UNIQUE_VIOLATION } from '../storage/postgres.ts';
import { type Commit, commitOf, type Follow } from './commit.ts';
import { type ExactOutcome, exactCommit, idTaken, type SendDecision } from './exact.ts';
import { type BaseRow, layOutSend, sendKey } from './send-statement.ts';

const MAX_RETRIES = 5;
/** A statement that was sent and not answered within this is taken for lost: the entry is tried again, exactly. */
const ANSWER_TIMEOUT_MS = 10_000;

export interface WriterPorts {
  readonly pool: pg.Pool;
  readonly fanout: Fanout;
  /** The access decision, from facts that were read under the channel's lock. */
  readonly decideSend: SendDecision;
  onCommit(entries: readonly SendEntry[]): void;
  onParked(entry: SendEntry, error: unknown): void;
  onBatch?(size: number, path: 'optimistic' | 'exact'): void;
}

/** Turns a batch of accepted sends into one transaction, then into events, then into acks. */
export class Writer {
  readonly #ports: WriterPorts;

  constructor(ports: WriterPorts) {
    this.#ports = ports;
  }

  /** Commits a batch. Outcomes come in the entries' order; throws an `AwayError` while the database is away. */
  async write(batch: readonly SendEntry[]): Promise<SendOutcome[]> {
    const distinct = new Map<string, SendEntry>();
    for (const entry of batch) {
      const key = sendKey(entry.channelId, entry.id);
      if (!distinct.has(key)) distinct.set(key, entry);
    }
    const entries = [...distinct.values()];
    const outcomes = await this.#commit(entries);
    const byKey = new Map([...distinct.keys()].map((key, index) => [key, present(outcomes[index], 'outcome')]));
    return batch.map((entry) => this.#outcomeFor(entry, distinct, byKey));
  }

  /** A repeat within the batch gets the first one's outcome, unless it is somebody else's id. */
  #outcomeFor(entry: SendEntry, distinct: Map<string, SendEntry>, byKey: Map<string, SendOutcome>): SendOutcome {
    const key = sendKey(entry.channelId, entry.id);
    if (distinct.get(key)?.senderId !== entry.senderId) return idTaken();
    return present(byKey.get(key), 'outcome');
  }

  async #commit(entries: readonly SendEntry[]): Promise<SendOutcome[]> {
    for (let attempt = 0; ; attempt++) {
      try {
        return (await this.#optimistic(entries)) ?? (await this.#exact(entries));
      } catch (error) {
        if (isRetryableError(error) && attempt < MAX_RETRIES) continue;
        if (isRowFault(error)) return this.#isolate(entries, error);
        // A full disk, a cancelled statement, a lost connection: not the messages' fault, and it may pass.
        throw new AwayError(!isRefusal(error), error);
      }
    }
  }

  /** Returns undefined when an entry is a repeat or its permission may be void: nothing was written then. */
  async #optimistic(entries: readonly SendEntry[]): Promise<SendOutcome[] | undefined> {
    const { places, ...statement } = layOutSend(entries);
    try {
      const config = { ...statement, query_timeout: ANSWER_TIMEOUT_MS };
      const { rows } = await this.#ports.pool.query<BaseRow>(config);
      if (rows.length === 0) return undefined;
      const commit = commitOf(entries, places, rows);
      this.#ports.onBatch?.(entries.length, 'optimistic');
      this.#publish(commit, entries);
      return [...commit.sent];
    } catch (error) {
      if (errorCode(error) === UNIQUE_VIOLATION) return undefined;
      throw error;
    }
  }

  async #exact(entries: readonly SendEntry[]): Promise<SendOutcome[]> {
    const exact = await exactCommit(this.#ports.pool, entries, this.#ports.decideSend);
    this.#ports.onBatch?.(entries.length, 'exact');
    if (exact.commit !== null) this.#publish(exact.commit, exact.fresh);
    return exact.outcomes.map((outcome, index) => this.#settleExact(outcome, present(entries[index], 'entry')));
  }

  /** A repeat's first commit may have lost its answer, and its event with it: whoever is behind looks it up. */
  #settleExact(outcome: ExactOutcome, entry: SendEntry): SendOutcome {
    if (outcome.kind === 'refused') return outcome.error;
    if (outcome.kind === 'repeat') {
      this.#ports.fanout.top(entry.rootId, outcome.sent.rev);
      if (entry.rootId !== entry.channelId) this.#tellFollows(concernedBy(entry));
    }
    return outcome.sent;
  }

  #publish(commit: Commit, entries: readonly SendEntry[]): void {
    for (const [rootId, events] of commit.events) this.#ports.fanout.committed(rootId, events);
    this.#tellFollows(commit.follows);
    this.#ports.onCommit(entries);
  }

  #tellFollows(follows: readonly Follow[]): void {
    for (const { channelId, userId } of follows) this.#ports.fanout.user({ kind: 'joined', userId, channelId });
  }

  /** One bad entry must not hold the others: the batch is halved until it stands alone, then it is parked. */
  async #isolate(entries: readonly SendEntry[], error: unknown): Promise<SendOutcome[]> {
    const only = entries[0];
    if (entries.length === 1 && only !== undefined) {
      this.#ports.onParked(only, error);
      return [
        new AppError('parked', 'unable to store the message; it was set aside for the operator', { cause: error }),
      ];
    }
    const middle = Math.ceil(entries.length / 2);
    const first = await this.#commit(entries.slice(0, middle));
    const second = await this.#commit(entries.slice(middle));
    return [...first, ...second];
  }
}

/** Whom a reply may have let follow its thread; to tell somebody who does not follow it says nothing to him. */
function concernedBy({ channelId, senderId, mentions }: SendEntry): Follow[] {
  return [...new Set([senderId, ...(mentions ?? [])])].map((userId) => ({ channelId, userId }));
}
