import type { Actor } from '../commands/handler.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Session } from './session.ts';

/** Expiry is looked at this often; it costs one comparison per socket. */
const EXPIRY_PERIOD_MS = 10_000;
/** Each open socket's credential is read again this often: a notice that was lost on the bus must not leave it open for ever. */
const RECHECK_PERIOD_MS = 5 * 60_000;
/** Credentials read by one query. */
const CHUNK = 500;

export interface CredentialCheckPorts {
  readonly clock: Clock;
  sessions(): Iterable<Session>;
  /** The actors whose credentials are still good, by credential id. */
  recheck(actors: readonly Actor[]): Promise<ReadonlyMap<string, Actor>>;
  onError(error: unknown): void;
}

/** Ends sockets whose credential has expired or was revoked, even when nobody told this node. */
export class CredentialCheck {
  readonly #ports: CredentialCheckPorts;
  readonly #timers: readonly Timer[];

  constructor(ports: CredentialCheckPorts) {
    this.#ports = ports;
    this.#timers = [
      ports.clock.setInterval(() => this.#endExpired(), EXPIRY_PERIOD_MS),
      ports.clock.setInterval(() => {
        this.recheckAll().catch((error: unknown) => ports.onError(error));
      }, RECHECK_PERIOD_MS),
    ];
  }

  stop(): void {
    for (const timer of this.#timers) timer.cancel();
  }

  #endExpired(): void {
    const now = this.#ports.clock.now();
    for (const session of this.#ports.sessions()) {
      const expiresAt = session.actor?.expiresAt ?? null;
      if (expiresAt !== null && expiresAt <= now) session.end('revoked', 'expired');
    }
  }

  /** Reads every open socket's credential again; called as well when a notice of a revocation may have been lost. */
  async recheckAll(): Promise<void> {
    const open = [...this.#ports.sessions()];
    for (let start = 0; start < open.length; start += CHUNK) {
      const part = open
        .slice(start, start + CHUNK)
        .flatMap((session) => (session.actor === null ? [] : [{ session, checked: session.actor }]));
      const good = await this.#ports.recheck(part.map(({ checked }) => checked));
      for (const { session, checked } of part) {
        const actor = good.get(checked.credentialId);
        if (actor === undefined) session.end('revoked');
        // A notice that came meanwhile knows better than what was read before it.
        else if (session.actor === checked) session.actor = actor;
      }
    }
  }
}
