import type { CloseReason } from '@parley/protocol';
import { Heartbeat } from '../src/gateway/heartbeat.ts';
import { endLateOpeners, OPENING_SWEEP_MS } from '../src/gateway/opening.ts';
import type { Clock, Timer } from '../src/lib/clock.ts';
import type { Door, DoorPorts } from '../src/node-ports.ts';
import { Session } from '../src/session/session.ts';
import type { Connection } from './connection.ts';

/** One connection as a node sees it. */
class SimServerSocket {
  session: Session | null;
  readonly connection: Connection;

  constructor(session: Session, connection: Connection) {
    this.session = session;
    this.connection = connection;
  }

  ping(): void {
    this.connection.ping();
  }
}

/** The door of a simulated node: sockets come over the simulated network, and live by the same rules as behind the real one. */
export class SimDoor implements Door {
  readonly #ports: DoorPorts;
  readonly #clock: Clock;
  readonly #sockets = new Map<Session, { readonly socket: SimServerSocket; readonly slot: number }>();
  readonly #opening = new Set<Session>();
  readonly #heartbeat: Heartbeat;
  readonly #sweep: Timer;
  draining = false;

  constructor(ports: DoorPorts) {
    this.#ports = ports;
    this.#clock = ports.clock;
    this.#heartbeat = new Heartbeat(ports.config.heartbeatInterval, ports.clock, () => this.#nowS());
    this.#sweep = ports.clock.setInterval(() => endLateOpeners([...this.#opening], this.#nowS()), OPENING_SWEEP_MS);
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** Sockets in the order in which they came. */
  get all(): readonly Connection[] {
    return [...this.#sockets.values()].map(({ socket }) => socket.connection);
  }

  *sessions(): IterableIterator<Session> {
    for (const session of [...this.#sockets.keys()]) yield session;
  }

  /** Nobody waits in line here. */
  greeting(): void {}

  opened(session: Session): void {
    this.#opening.delete(session);
  }

  synced(): void {}

  endAll(reason: CloseReason): void {
    for (const session of this.sessions()) session.end(reason);
  }

  close(): void {
    this.#heartbeat.stop();
    this.#sweep.cancel();
    for (const { socket } of [...this.#sockets.values()]) socket.connection.terminate();
  }

  /** A client knocks. */
  accept(connection: Connection): void {
    if (this.draining || this.#sockets.size >= this.#ports.config.maxConnections) return connection.refuse();
    const session = new Session({
      socket: connection,
      outbox: this.#ports.flusher.createOutbox(connection),
      address: '',
      userAgent: 'simulation',
      headerToken: null,
      nowS: this.#nowS(),
      onEnd: (ended) => this.#ended(ended),
    });
    const socket = new SimServerSocket(session, connection);
    this.#sockets.set(session, { socket, slot: this.#heartbeat.add(socket) });
    this.#opening.add(session);
    this.#ports.onOpen(session);
    connection.accept({
      onText: (text) => this.#take(session, text),
      onPong: () => {
        session.heardAtS = this.#nowS();
      },
      onClose: () => session.closed(),
    });
  }

  #take(session: Session, text: string): void {
    session.heardAtS = this.#nowS();
    try {
      this.#ports.onFrame(session, text);
    } catch (error) {
      this.#ports.onFault(error);
      session.end('fault');
    }
  }

  #ended(session: Session): void {
    const entry = this.#sockets.get(session);
    if (entry !== undefined) {
      this.#sockets.delete(session);
      this.#heartbeat.remove(entry.socket, entry.slot);
      entry.socket.session = null;
    }
    this.#opening.delete(session);
    this.#ports.onEnd(session);
  }

  #nowS(): number {
    return Math.floor(this.#clock.monotonic() / 1_000);
  }
}
