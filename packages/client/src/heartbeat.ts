import type { Runtime } from './runtime.ts';
import { Timers } from './timers.ts';

/** After a wake-up a socket has this long to prove that it still lives. */
const PROBE_MS = 5_000;
/** Each tick sends a ping, so this many ticks in a row without an answer mean that the socket is dead. */
const MAX_SILENT_TICKS = 2;

export interface HeartbeatPorts {
  sendPing(): void;
  /** The socket is silent for too long. */
  onDead(): void;
}

/** Asks for a sign of life once per interval, and gives a socket up that has been silent for two. */
export class Heartbeat {
  readonly #timers: Timers<'tick' | 'probe'>;
  readonly #ports: HeartbeatPorts;
  #intervalMs = 0;
  /** Ticks since the server was last heard; counted, not timed, so a jump of the wall clock changes nothing. */
  #silentTicks = 0;

  constructor(runtime: Runtime, ports: HeartbeatPorts) {
    this.#timers = new Timers(runtime);
    this.#ports = ports;
  }

  start(intervalMs: number): void {
    this.stop();
    this.#intervalMs = intervalMs;
    this.#silentTicks = 0;
    this.#arm();
  }

  /** Something came from the server. */
  heard(): void {
    this.#silentTicks = 0;
    this.#timers.cancel('probe');
  }

  /** Asks at once, with a short deadline: after sleep or a change of network the socket may be a corpse. */
  probe(): void {
    if (!this.#timers.has('tick') || this.#timers.has('probe')) return;
    this.#ports.sendPing();
    this.#timers.set('probe', PROBE_MS, () => this.#ports.onDead());
  }

  stop(): void {
    this.#timers.clear();
  }

  #arm(): void {
    this.#timers.set('tick', this.#intervalMs, () => {
      this.#silentTicks += 1;
      if (this.#silentTicks > MAX_SILENT_TICKS) {
        this.stop();
        this.#ports.onDead();
        return;
      }
      this.#ports.sendPing();
      this.#arm();
    });
  }
}
