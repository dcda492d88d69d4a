import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A sign-in that is remembered. */
export interface SavedSession {
  readonly token: string;
  readonly username: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

type Sessions = Record<string, SavedSession>;

const FILE_NAME = 'sessions.json';

/** The sign-ins of this computer's user, one per server, in a file that nobody else may read. */
export class SessionFile {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The sign-in at a server, unless it has run out. */
  async load(url: string, nowMs: number): Promise<SavedSession | null> {
    const saved = (await this.#read())[originOf(url)];
    return saved !== undefined && saved.expiresAt > nowMs ? saved : null;
  }

  async save(url: string, session: SavedSession): Promise<void> {
    await this.#write({ ...(await this.#read()), [originOf(url)]: session });
  }

  async forget(url: string): Promise<void> {
    const { [originOf(url)]: _forgotten, ...others } = await this.#read();
    await this.#write(others);
  }

  /** Where unsent messages of one user at one server wait. */
  outboxPath(url: string, owner: string): string {
    const name = createHash('sha256')
      .update(`${originOf(url)} ${owner}`)
      .digest('hex')
      .slice(0, 32);
    return join(this.#directory, 'outbox', name);
  }

  async #read(): Promise<Sessions> {
    try {
      return JSON.parse(await readFile(join(this.#directory, FILE_NAME), 'utf8')) as Sessions;
    } catch {
      // None yet, or not readable as such: then one signs in again.
      return {};
    }
  }

  async #write(sessions: Sessions): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const aside = join(this.#directory, `${FILE_NAME}.${process.pid}`);
    await rm(aside, { force: true });
    await writeFile(aside, `${JSON.stringify(sessions, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    await rename(aside, join(this.#directory, FILE_NAME));
  }
}

function originOf(url: string): string {
  return new URL(url).origin;
}
