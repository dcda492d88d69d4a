import { once } from 'node:events';
import { connect, createServer, type ListenOptions, type Server, type Socket } from 'node:net';

/** Two ends of one connection; `near` is the server's. */
export interface SocketPair {
  near: Socket;
  far: Socket;
}

/** A listener on loopback (or on a path) that hands out both ends of its connections. */
export class PairServer {
  readonly #server: Server;
  readonly #sockets: Socket[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(where: ListenOptions = { host: '127.0.0.1', port: 0 }): Promise<PairServer> {
    const server = createServer();
    server.listen(where);
    await once(server, 'listening');
    return new PairServer(server);
  }

  /** Connects once. The far end reads only if the test does. */
  async pair(): Promise<SocketPair> {
    const address = this.#server.address();
    const accepted = once(this.#server, 'connection');
    const far = typeof address === 'string' ? connect(address) : connect(address?.port ?? 0, '127.0.0.1');
    const [[near]] = (await Promise.all([accepted, once(far, 'connect')])) as [[Socket], unknown];
    for (const socket of [near, far]) {
      socket.on('error', () => {});
      this.#sockets.push(socket);
    }
    return { near, far };
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** Reads until that many bytes have come. */
export async function readBytes(socket: Socket, count: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const data of socket.iterator({ destroyOnReturn: false })) {
    parts.push(data as Buffer);
    bytes += (data as Buffer).length;
    if (bytes >= count) break;
  }
  return Buffer.concat(parts);
}
