import { Connection } from './connection.ts';
import type { SimDoor } from './door.ts';
import type { Link } from './link.ts';

interface Listeners {
  open: () => void;
  error: () => void;
  message: (event: { data: unknown }) => void;
  close: (event: { code: number; reason: string }) => void;
}

/** What a socket class of one client needs of the world. */
export interface SocketWorld {
  readonly link: Link;
  /** The door that a balancer picks; null when it picks a node that is down. */
  pickDoor(): SimDoor | null;
  /** The client tries to connect. */
  onSocket(): void;
  /** A connection was opened, so that faults can find it. */
  onConnection(connection: Connection): void;
  /** Around everything that a socket tells its client, so that what follows from it can be seen as one. */
  onDown(text: string): void;
  onUp(text: string): void;
  onClose(code: number): void;
}

/** Makes the WebSocket class that one client of the simulation uses. */
export function socketClassOf(world: SocketWorld) {
  return class SimSocket {
    readonly #listeners: { [Name in keyof Listeners]: Listeners[Name][] } = {
      open: [],
      error: [],
      message: [],
      close: [],
    };
    readonly #connection: Connection;
    #isOver = false;

    constructor(_url: string, _protocols: string[]) {
      world.onSocket();
      this.#connection = new Connection(world.link, {
        onOpen: () => {
          for (const listener of this.#listeners.open) listener();
        },
        onText: (text) => this.#receive(text),
        onClose: (code, reason) => this.#close(code, reason),
      });
      this.#connect();
    }

    addEventListener<Name extends keyof Listeners>(name: Name, listener: Listeners[Name]): void {
      this.#listeners[name].push(listener);
    }

    send(text: string): void {
      world.onUp(text);
      this.#connection.sendUp(text);
    }

    close(): void {
      if (this.#isOver) return;
      this.#isOver = true;
      world.onClose(1000);
      this.#connection.closeUp();
    }

    /** As `ws` has it: the socket is torn down, and nobody waits for the other side. */
    terminate(): void {
      if (this.#isOver) return;
      this.#isOver = true;
      world.onClose(1006);
      this.#connection.closeUp();
    }

    #connect(): void {
      const { link } = world;
      if (link.outage === 'swallow') return;
      link.scheduler.after(link.latencyMs(), () => {
        // Whoever gave up before he had knocked does not knock any more; his client may have another connection by now.
        if (this.#isOver) return;
        const door = link.outage === null ? world.pickDoor() : null;
        world.onConnection(this.#connection);
        if (door === null) this.#connection.refuse();
        else door.accept(this.#connection);
      });
    }

    #receive(text: string): void {
      if (this.#isOver) return;
      world.onDown(text);
      for (const listener of this.#listeners.message) listener({ data: text });
    }

    #close(code: number, reason: string): void {
      if (this.#isOver) return;
      this.#isOver = true;
      world.onClose(code);
      for (const listener of this.#listeners.close) listener({ code, reason });
    }
  };
}
