import type { Clock, Timer } from '../lib/clock.ts';
import type { Database } from '../storage/postgres.ts';
import { type FlagRow, readFlags } from './flag-store.ts';

/** A change is told at once, by the database and by the bus; should both be lost, it is seen after this. */
const POLL_MS = 30_000;

export interface FlagRulesPorts {
  readonly db: Database;
  readonly clock: Clock;
  onFault(error: unknown): void;
}

/** This node's copy of what operators have made of the flags; as old as the last poll where the database is away. */
export class FlagRules {
  readonly #ports: FlagRulesPorts;
  #rows: ReadonlyMap<string, FlagRow> = new Map();
  #text = '[]';
  #timer: Timer | null = null;
  #reading: Promise<void> | null = null;
  #isStale = false;
  #isClosed = false;
  #wasAway = false;
  /** Called with the names of the flags that have changed; set once. */
  onChange: (names: readonly string[]) => void = () => {};

  constructor(ports: FlagRulesPorts) {
    this.#ports = ports;
  }

  of(name: string): FlagRow | undefined {
    return this.#rows.get(name);
  }

  /** Reads the flags, and from then on follows them. */
  async start(): Promise<void> {
    await this.refresh();
    this.#schedule();
  }

  /** Looks whether something has changed; while that runs, once more after it. */
  refresh(): Promise<void> {
    if (this.#reading !== null) {
      this.#isStale = true;
      return this.#reading;
    }
    this.#reading = this.#readUntilFresh().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#reading;
  }

  #schedule(): void {
    if (this.#isClosed) return;
    this.#timer = this.#ports.clock.setTimeout(() => void this.refresh().then(() => this.#schedule()), POLL_MS);
  }

  async #readUntilFresh(): Promise<void> {
    do {
      this.#isStale = false;
      await this.#read();
    } while (this.#isStale && !this.#isClosed);
  }

  async #read(): Promise<void> {
    let rows: FlagRow[];
    try {
      rows = await readFlags(this.#ports.db);
      this.#wasAway = false;
    } catch (error) {
      // What was known holds on; one line tells it, not one for each try.
      if (!this.#wasAway) this.#ports.onFault(error);
      this.#wasAway = true;
      return;
    }
    const text = JSON.stringify(rows);
    if (text === this.#text) return;
    const before = this.#rows;
    this.#text = text;
    this.#rows = new Map(rows.map((row) => [row.key, row]));
    const changed = [...new Set([...before.keys(), ...this.#rows.keys()])].filter(
      (key) => JSON.stringify(before.get(key)) !== JSON.stringify(this.#rows.get(key)),
    );
    this.onChange(changed);
  }
}
