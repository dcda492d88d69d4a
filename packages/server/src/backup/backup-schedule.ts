import type pg from 'pg';
import type { BlobStore } from '../attachments/blob-store.ts';
import { record } from '../audit/audit.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import { isDue, type Rhythm } from '../lib/rhythm.ts';
import { StartError } from '../lib/start-error.ts';
import type { Logger } from '../monitoring/logger.ts';
import { connectApart, type Postgres } from '../storage/postgres.ts';
import { readEpoch } from '../storage/server-state.ts';
import type { BackupShelf } from './backup-file.ts';
import { type MadeBackup, makeBackup } from './make-backup.ts';
import { readSchedule, type ScheduleState, writeSchedule } from './schedule-state.ts';

/** How often it is looked whether the time has come; for the first time when a start is over. */
const LOOK_PERIOD_MS = 60_000;
const FIRST_LOOK_MS = 5_000;
/** After one that failed, or was killed; not at once, since what fails at once would fail all the time. */
const RETRY_MS = 900_000;
const LOCK = "hashtextextended('parley scheduled backup', 0)";

export interface BackupSchedulePorts {
  readonly postgres: Pick<Postgres, 'db' | 'pool'>;
  readonly shelf: BackupShelf;
  readonly blobs: BlobStore;
  readonly rhythm: Rhythm;
  /** How many backups of this database are kept. */
  readonly keep: number;
  readonly serverVersion: string;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly onOutcome: (outcome: 'verified' | 'failed') => void;
}

/**
 * Makes a backup whenever its time has come. Of several nodes the one does it that gets the lock of the database, and when it is
 * killed the lock goes with its connection. Older ones go only after the new one was read back and found whole.
 */
export class BackupSchedule {
  readonly #ports: BackupSchedulePorts;
  readonly #stop = new AbortController();
  #timer: Timer | null = null;
  #running: Promise<void> | null = null;

  constructor(ports: BackupSchedulePorts) {
    this.#ports = ports;
  }

  start(): void {
    const { clock } = this.#ports;
    this.#timer = clock.setTimeout(() => {
      this.#timer = clock.setInterval(() => void this.look(), LOOK_PERIOD_MS);
      void this.look();
    }, FIRST_LOOK_MS);
  }

  /** Gives up what runs: half a backup is of no use, and the next node begins anew. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#stop.abort();
    await this.#running;
  }

  /** Makes a backup if its time has come and no other node is at it. Never throws: what fails is told. */
  look(): Promise<void> {
    this.#running ??= this.#turn()
      .catch((error: unknown) => {
        if (!this.#stop.signal.aborted)
          this.#ports.logger.warn({ err: error }, 'it is not known whether a backup is due; it is looked again');
      })
      .finally(() => {
        this.#running = null;
      });
    return this.#running;
  }

  async #turn(): Promise<void> {
    const { postgres } = this.#ports;
    if (this.#stop.signal.aborted || !(await this.#isTime())) return;
    const client = await connectApart(postgres);
    try {
      const { rows } = await client.query<{ ours: boolean }>(`SELECT pg_try_advisory_lock(${LOCK}) AS ours`);
      // The one that had the lock may have made it meanwhile.
      if (rows[0]?.ours === true && (await this.#isTime())) await this.#backUp(client);
    } finally {
      await client.end();
    }
  }

  async #isTime(): Promise<boolean> {
    const { postgres, rhythm, clock } = this.#ports;
    const { madeAt, triedAt } = await readSchedule(postgres.db);
    const now = clock.now();
    return isDue(rhythm, madeAt, now) && (triedAt === null || triedAt + RETRY_MS <= now);
  }

  async #backUp(client: pg.Client): Promise<void> {
    const { postgres, shelf, blobs, serverVersion, clock, logger, onOutcome } = this.#ports;
    const { db } = postgres;
    const begun = clock.now();
    const before = await readSchedule(db);
    // Written before: a node that is killed by what it does must not be followed by the next one at once.
    await writeSchedule(db, { ...before, triedAt: begun });
    const own = ownNames(await readEpoch(db));
    const file = shelf.file(own.nameAt(begun));
    let made: MadeBackup;
    try {
      await shelf.tidy(own.holds);
      logger.info({ place: file.name }, 'a backup is made');
      made = await makeBackup({ db, client, file, blobs, serverVersion, signal: this.#stop.signal });
    } catch (error) {
      // What could not be read back must not be kept in the place of a good one.
      await shelf.remove(own.nameAt(begun)).catch(() => {});
      return await this.#failed(error, { madeAt: before.madeAt, triedAt: begun });
    }
    onOutcome('verified');
    logger.info({ ...made, tookMs: clock.now() - begun }, 'a backup was made, and read back whole');
    if (made.filesMissing > 0) logger.warn({ files: made.filesMissing }, 'bytes of files are gone, and in no backup');
    await writeSchedule(db, { madeAt: begun, triedAt: null, error: null });
    await this.#clear(own.holds);
  }

  async #failed(error: unknown, { madeAt, triedAt }: Pick<ScheduleState, 'madeAt' | 'triedAt'>): Promise<void> {
    const { postgres, shelf, logger, onOutcome } = this.#ports;
    const isByHand = error instanceof StartError && error.code === 'backup_running';
    if (isByHand || this.#stop.signal.aborted) {
      // Somebody makes one by hand, or this node stops: no fault, and nothing keeps the next look from trying.
      return await writeSchedule(postgres.db, { madeAt, triedAt: null, error: null });
    }
    onOutcome('failed');
    logger.error({ err: error, place: shelf.name }, 'the backup that is due could not be made; it is tried again');
    const reason = error instanceof Error ? error.message : String(error);
    await writeSchedule(postgres.db, { madeAt, triedAt, error: reason });
  }

  /** Removes what is older than those that are kept. */
  async #clear(isOwn: (name: string) => boolean): Promise<void> {
    const { shelf, keep, logger, postgres } = this.#ports;
    try {
      const names = (await shelf.list()).filter(isOwn).sort();
      for (const name of names.slice(0, -keep)) {
        await shelf.remove(name);
        const target = shelf.file(name).name;
        logger.info({ place: target }, 'an old backup was removed');
        await record(postgres.db, { actorId: null, action: 'backup.removed', target });
      }
    } catch (error) {
      logger.warn({ err: error, place: shelf.name }, 'old backups were not removed; the next one tries again');
    }
  }
}

/**
 * The names of scheduled backups: they sort by time, and end with the history of the database. Those of another history, as of
 * the database before a restore or of another installation, are not ours to remove.
 */
function ownNames(epoch: string) {
  const [begin, end] = ['parley-', `-${epoch.slice(0, 8)}.gz`];
  return {
    nameAt: (at: number) => `${begin}${new Date(at).toISOString().slice(0, 19).replaceAll(':', '-')}Z${end}`,
    holds: (name: string) => name.startsWith(begin) && name.endsWith(end),
  };
}
