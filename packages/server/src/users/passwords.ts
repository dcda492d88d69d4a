import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import { AppError } from '../lib/app-error.ts';

/** OWASP's minimum for argon2id: 19 MiB, two passes, one lane; 6 ms on a fast core of 2026, 25 ms on a slow one. */
const ARGON2ID = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Hashes at a time. They run on libuv's four threads, which files and names need too. */
const MAX_RUNNING = 2;

/** Hashes that may wait: less than half a second of work, beyond which a wait helps nobody. */
const MAX_WAITING = 32;

export interface HasherLimits {
  readonly running: number;
  readonly waiting: number;
}

/** Hashes and checks passwords by argon2id, a few at a time; above its bound it answers `busy` instead of filling memory. */
export class PasswordHasher {
  readonly #limits: HasherLimits;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #dummy: Promise<string> | undefined;

  constructor(limits: HasherLimits = { running: MAX_RUNNING, waiting: MAX_WAITING }) {
    this.#limits = limits;
  }

  /** Hashes that wait for their turn. */
  get waitingCount(): number {
    return this.#waiting.length;
  }

  hash(password: string): Promise<string> {
    return this.#queued(() => hash(normalised(password), ARGON2ID));
  }

  /**
   * True when the password belongs to the hash. Without a hash (no such user, or one without a password) it does the same
   * work and answers false, so the time taken tells nothing.
   */
  async verify(stored: string | null, password: string): Promise<boolean> {
    const matches = await this.#queued(async () => verify(stored ?? (await this.#dummyHash()), normalised(password)));
    return matches && stored !== null;
  }

  /** Makes the stand-in hash ahead of time, or the first unknown name would be answered later than the second. */
  async warmUp(): Promise<void> {
    await this.#dummyHash();
  }

  #dummyHash(): Promise<string> {
    this.#dummy ??= hash(randomBytes(32), ARGON2ID);
    return this.#dummy;
  }

  async #queued<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#running >= this.#limits.running) {
      if (this.#waiting.length >= this.#limits.waiting) {
        throw new AppError('busy', 'unable to check passwords; too many are waiting', { retryAfterMs: 1_000 });
      }
      // Whoever finishes hands its place on, so nobody who came later slips in between.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}

/** The same password typed on another keyboard may come composed otherwise. */
function normalised(password: string): string {
  return password.normalize('NFKC');
}
