import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';
import type { Random } from '../random.ts';
import { Lane } from './lane.ts';
import type { Direction, LinkFaults } from './link-faults.ts';

/** A way to a server with faults on demand: between client and node, node and Redis, node and PostgreSQL. */
export class FaultProxy {
  readonly port: number;
  readonly #server: Server;
  #target: NetConnectOpts;
  readonly #random: Random;
  readonly #links = new Set<Link>();
  #faults: LinkFaults = {};

  private constructor(server: Server, target: NetConnectOpts, random: Random) {
    this.#server = server;
    this.#target = target;
    this.#random = random;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket: Socket) => this.#accept(socket));
  }

  /** Listens on a free port of the loopback address and passes connections on to `target`: a port, or the path of a socket. */
  static async listen(target: NetConnectOpts, random: Random): Promise<FaultProxy> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FaultProxy(server, target, random);
  }

  /** Connections that pass at the moment. */
  get connections(): number {
    return this.#links.size;
  }

  /** From now on the link is like this, for the connections that there are and those to come. */
  set(faults: LinkFaults): void {
    this.#faults = faults;
    for (const link of [...this.#links]) link.changed();
  }

  /** Ends every fault: what was held passes, and connections that lost something are reset. */
  heal(): void {
    this.set({});
    for (const link of [...this.#links]) if (link.hasLost) link.reset();
  }

  /** Connections that come from now on go to another place; those that there are stay where they are. */
  aim(target: NetConnectOpts): void {
    this.#target = target;
  }

  /** Resets all connections, as a crash does; or ends them in order, as a restart does. */
  cut(how: 'reset' | 'end' = 'reset'): void {
    for (const link of [...this.#links]) link[how]();
  }

  /** Writes bytes that no protocol knows into all connections, to both sides, and then resets them. */
  garble(): void {
    for (const link of [...this.#links]) link.garble(this.#random);
  }

  async close(): Promise<void> {
    for (const link of [...this.#links]) link.reset();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(socket: Socket): void {
    if (this.#faults.refuse === true) {
      socket.on('error', () => {});
      return resetSocket(socket);
    }
    const link = new Link(socket, connect({ ...this.#target, allowHalfOpen: true, noDelay: true }), {
      faults: () => this.#faults,
      random: this.#random,
      onClosed: () => this.#links.delete(link),
    });
    this.#links.add(link);
  }
}

interface LinkPorts {
  faults: () => LinkFaults;
  readonly random: Random;
  onClosed(): void;
}

/** Only an open TCP connection can be reset; others just end. */
function resetSocket(socket: Socket): void {
  if (socket.connecting || socket.remoteAddress === undefined) socket.destroy();
  else socket.resetAndDestroy();
}

/** Long enough for garbage to be read before the reset overtakes it. */
const GARBAGE_MS = 50;
const GARBAGE_BYTES = 64;

/** One connection through the proxy. */
class Link {
  hasLost = false;
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #lanes: readonly Lane[];
  readonly #ports: LinkPorts;
  #passedBytes = 0;
  #isOver = false;

  constructor(near: Socket, far: Socket, ports: LinkPorts) {
    this.#near = near;
    this.#far = far;
    this.#ports = ports;
    const lanePorts = {
      faults: ports.faults,
      random: ports.random,
      mayPass: (bytes: number) => this.#mayPass(bytes),
      onLoss: () => {
        this.hasLost = true;
      },
    };
    this.#lanes = [new Lane('up', near, far, lanePorts), new Lane('down', far, near, lanePorts)];
    near.on('error', () => {}).on('close', () => this.#gone('up', far));
    far.on('error', () => {}).on('close', () => this.#gone('down', near));
  }

  changed(): void {
    this.#passedBytes = 0;
    for (const lane of this.#lanes) lane.flush();
  }

  reset(): void {
    resetSocket(this.#near);
    resetSocket(this.#far);
    this.#over();
  }

  end(): void {
    this.#near.end();
    this.#far.end();
  }

  garble(random: Random): void {
    this.hasLost = true;
    for (const socket of [this.#near, this.#far]) {
      const bytes = new Uint8Array(GARBAGE_BYTES);
      random.fill(bytes);
      // No frame, reply or message of any protocol here begins with this byte.
      bytes[0] = 0xff;
      socket.write(bytes);
    }
    setTimeout(() => this.reset(), GARBAGE_MS);
  }

  #mayPass(bytes: number): boolean {
    this.#passedBytes += bytes;
    const { resetAfterBytes = Number.POSITIVE_INFINITY } = this.#ports.faults();
    if (this.#passedBytes <= resetAfterBytes) return true;
    this.reset();
    return false;
  }

  /** One side is gone, and the other hears of it: unless nothing passes that way, not even that. */
  #gone(direction: Direction, other: Socket): void {
    const { stall = [], swallow = [] } = this.#ports.faults();
    if (this.#isOver) return;
    if (stall.includes(direction) || swallow.includes(direction)) this.hasLost = true;
    else if (other.writableEnded || other.destroyed) this.#over();
    else other.end(() => this.#over());
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const lane of this.#lanes) lane.close();
    this.#near.destroy();
    this.#far.destroy();
    this.#ports.onClosed();
  }
}
