import type { Clock, Timer } from '../lib/clock.ts';
import type { Database } from '../storage/postgres.ts';
import { fold } from './fold.ts';
import {
  type ChangedText,
  type IndexedText,
  type IndexRange,
  readBacklog,
  readChanged,
  readLag,
  removeIndexed,
  tryIndexLock,
  writeIndexed,
  writeProgress,
} from './index-store.ts';
import { textVectorOf } from './text-query.ts';
import { splitWords } from './words.ts';

/** How long a message may wait at least before it can be found. */
const IDLE_MS = 500;
/** Looking for work takes at most this share of the time: with very many channels it is done less often. */
const IDLE_FACTOR = 20;
const MAX_CHANNELS = 500;
/** Changes of one transaction. */
const MAX_CHANGES = 1_000;
const LINK = /https?:\/\//i;

export interface IndexerPorts {
  readonly db: Database;
  readonly clock: Clock;
  onFault(error: unknown): void;
}

/**
 * Fills the search index behind the messages. Each channel's rev says what changed and `search_progress` how far the index
 * got, so sends write nothing for it, a restart goes on where the last batch ended, and the two never drift apart. Of
 * several nodes one works at a time.
 */
export class Indexer {
  readonly #ports: IndexerPorts;
  #timer: Timer | null = null;
  #running: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(ports: IndexerPorts) {
    this.#ports = ports;
  }

  /** Starts to follow the messages. */
  start(): void {
    this.#schedule(IDLE_MS);
  }

  /** Changes of channels that are not indexed yet. */
  lag(): Promise<number> {
    return readLag(this.#ports.db);
  }

  /** Indexes all that has changed so far, unless another node is at it. */
  async catchUp(): Promise<void> {
    while (!this.#isClosed && (await this.#batch())) {
      // Each batch is a transaction of its own; a stop in between loses none that is done.
    }
  }

  /** Stops after the batch that runs. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#running;
  }

  #schedule(delayMs: number): void {
    if (this.#isClosed) return;
    this.#timer = this.#ports.clock.setTimeout(() => {
      this.#running = this.#turn();
    }, delayMs);
  }

  async #turn(): Promise<void> {
    let tookMs = 0;
    try {
      await this.catchUp();
      const startedAt = this.#ports.clock.monotonic();
      await this.#batch();
      tookMs = this.#ports.clock.monotonic() - startedAt;
    } catch (error) {
      this.#ports.onFault(error);
    }
    this.#schedule(Math.max(IDLE_MS, tookMs * IDLE_FACTOR));
  }

  /** Indexes one batch; false when nothing was left to do, or another node does it. */
  #batch(): Promise<boolean> {
    return this.#ports.db.transaction().execute(async (tx) => {
      if (!(await tryIndexLock(tx))) return false;
      const ranges = shareOut(await readBacklog(tx, MAX_CHANNELS));
      if (ranges.length === 0) return false;
      const changed = await readChanged(tx, ranges);
      const gone = changed.filter((text) => text.isGone);
      const texts = changed.filter((text) => !text.isGone).map(indexedOf);
      if (gone.length > 0) await removeIndexed(tx, gone);
      if (texts.length > 0) await writeIndexed(tx, texts);
      await writeProgress(tx, ranges);
      return true;
    });
  }
}

/** Cuts the backlog to one batch: a range holds no more messages than revs. */
function shareOut(backlog: readonly IndexRange[]): IndexRange[] {
  const ranges: IndexRange[] = [];
  let left = MAX_CHANGES;
  for (const { rootId, from, to } of backlog) {
    if (left === 0) break;
    const count = Math.min(left, to - from);
    left -= count;
    ranges.push({ rootId, from, to: from + count });
  }
  return ranges;
}

function indexedOf({ channelId, seq, rev, body }: ChangedText): IndexedText {
  const { text } = fold(body);
  return { channelId, seq, rev, folded: text, words: textVectorOf(splitWords(text)), hasLink: LINK.test(body) };
}
