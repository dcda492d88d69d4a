import type { Clock, Timer } from '../lib/clock.ts';
import { LoopShare } from '../lib/loop-share.ts';
import type { Database, Tx } from '../storage/postgres.ts';
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

/** Between two batches while none is full: about how long a message waits before it can be found. */
const IDLE_MS = 500;
/** Looking for work takes at most this share of the time: with very many channels it is done less often. */
const IDLE_FACTOR = 20;
const MAX_CHANNELS = 500;
/** Changes of one transaction. */
const MAX_CHANGES = 1_000;
/** Units of text that are taken apart in one go: about a millisecond. */
const UNITS_PER_TURN = 8_000;
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
  /** How long it took to find the backlog. */
  #lookMs = 0;

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
    try {
      await this.catchUp();
    } catch (error) {
      this.#ports.onFault(error);
    }
    this.#schedule(Math.max(IDLE_MS, this.#lookMs * IDLE_FACTOR));
  }

  /**
   * Indexes one batch; true when it was full, so that more is left. What comes while it is written is left for the next turn: who
   * took that too would never rest while people write, and find a few messages each time.
   */
  #batch(): Promise<boolean> {
    return this.#ports.db.transaction().execute(async (tx) => {
      if (!(await tryIndexLock(tx))) return false;
      const ranges = shareOut(await this.#look(tx));
      if (ranges.length === 0) return false;
      const changed = await readChanged(tx, ranges);
      const gone = changed.filter((text) => text.isGone);
      const texts = await indexedOfAll(changed.filter((text) => !text.isGone));
      if (gone.length > 0) await removeIndexed(tx, gone);
      if (texts.length > 0) await writeIndexed(tx, texts);
      await writeProgress(tx, ranges);
      return isFull(ranges);
    });
  }

  async #look(tx: Tx): Promise<IndexRange[]> {
    const { clock } = this.#ports;
    const startedAt = clock.monotonic();
    const backlog = await readBacklog(tx, MAX_CHANNELS);
    this.#lookMs = clock.monotonic() - startedAt;
    return backlog;
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

function isFull(ranges: readonly IndexRange[]): boolean {
  return ranges.length === MAX_CHANNELS || ranges.reduce((sum, { from, to }) => sum + to - from, 0) >= MAX_CHANGES;
}

/** A batch may be megabytes: the process does other things in between. */
async function indexedOfAll(texts: readonly ChangedText[]): Promise<IndexedText[]> {
  const share = new LoopShare(UNITS_PER_TURN);
  const indexed: IndexedText[] = [];
  for (const text of texts) {
    await share.spend(text.body.length);
    indexed.push(indexedOf(text));
  }
  return indexed;
}

function indexedOf({ channelId, seq, rev, body }: ChangedText): IndexedText {
  const { text } = fold(body);
  return { channelId, seq, rev, folded: text, words: textVectorOf(splitWords(text)), hasLink: LINK.test(body) };
}
