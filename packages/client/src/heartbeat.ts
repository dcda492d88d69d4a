import type { Runtime } from './runtime.ts';

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
  readonly #runtime: Runtime;
  readonly #ports: HeartbeatPorts;
  #intervalMs = 0;
  /** Ticks since the server was last heard; counted, not timed, so a jump of the wall clock changes nothing. */
  #silentTicks = 0;
  #cancelTick: (() => void) | null = null;
  #cancelProbe: (() => void) | null = null;

  constructor(runtime: Runtime, ports: HeartbeatPorts) {
    this.#runtime = runtime;
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
    this.#cancelProbe?.();
    this.#cancelProbe = null;
  }

  /** Asks at once, with a short deadline: after sleep or a change of network the socket may be a corpse. */
  probe(): void {
    if (this.#cancelTick === null || this.#cancelProbe !== null) return;
    this.#ports.sendPing();
    this.#cancelProbe = this.#runtime.setTimer(() => {
      this.#cancelProbe = null;
      this.#ports.onDead();
    }, PROBE_MS);
  }

  stop(): void {
    this.#cancelTick?.();
    this.#cancelProbe?.();
    this.#cancelTick = null;
    this.#cancelProbe = null;
  }

  #arm(): void {
    this.#cancelTick = this.#runtime.setTimer(() => {
      this.#silentTicks += 1;
      if (this.#silentTicks > MAX_SILENT_TICKS) {
        this.stop();
        this.#ports.onDead();
        return;
      }
      this.#ports.sendPing();
      this.#arm();
    }, this.#intervalMs);
  }
}
