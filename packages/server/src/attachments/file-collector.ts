import type { Clock, Timer } from '../lib/clock.ts';
import type { Database } from '../storage/postgres.ts';
import { abandonOrphans, claimSweep, forgetAttachments, readGone, unknownKeys } from './attachment-store.ts';
import type { BlobStore } from './blob-store.ts';

const COLLECT_PERIOD_MS = 60_000;
const ORPHAN_MS = 86_400_000;
const CLAIM_MS = 3_600_000;
/** Files removed per round, and keys looked up at once. */
const BATCH = 500;
/** All nodes together look through the whole store this often. */
const SWEEP_PERIOD_MS = 86_400_000;

export interface FileCollectorPorts {
  readonly db: Database;
  readonly clock: Clock;
  readonly blobs: BlobStore;
  onFault(error: unknown): void;
}

/** Removes files that nobody needs: of deleted messages, never sent, or left behind by a server that was killed. */
export class FileCollector {
  readonly #ports: FileCollectorPorts;
  #timer: Timer | null = null;
  #collecting: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(ports: FileCollectorPorts) {
    this.#ports = ports;
  }

  start(): void {
    const { clock, db } = this.#ports;
    this.#timer = clock.setInterval(() => {
      this.#collecting = this.#collecting
        .then(() => this.collect())
        .then(async () => {
          if (await claimSweep(db, clock.now(), SWEEP_PERIOD_MS)) await this.sweep();
        })
        .catch((error: unknown) => this.#ports.onFault(error));
    }, COLLECT_PERIOD_MS);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#collecting;
  }

  /** Removes the bytes of deleted messages, and uploads that no message has named for a day. */
  async collect(): Promise<void> {
    const { db, blobs, clock } = this.#ports;
    await abandonOrphans(db, new Date(clock.now() - ORPHAN_MS), new Date(clock.now() - CLAIM_MS));
    const gone = await readGone(db, BATCH);
    // Bytes first: a row without bytes is tried again, bytes without a row are found by the next sweep only.
    for (const { keys } of gone) for (const key of keys) await blobs.remove(key);
    await forgetAttachments(
      db,
      gone.map(({ id }) => id),
    );
  }

  /** Looks through the whole store for bytes that no row has known for a day, and removes them. */
  async sweep(): Promise<void> {
    const { blobs, clock } = this.#ports;
    let keys: string[] = [];
    for await (const key of blobs.storedBefore(clock.now() - ORPHAN_MS)) {
      if (this.#isClosed) return;
      keys.push(key);
      if (keys.length < BATCH) continue;
      await this.#removeUnknown(keys);
      keys = [];
    }
    await this.#removeUnknown(keys);
  }

  async #removeUnknown(keys: readonly string[]): Promise<void> {
    for (const key of await unknownKeys(this.#ports.db, keys)) await this.#ports.blobs.remove(key);
  }
}
