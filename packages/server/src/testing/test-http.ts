import { connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { Attachments } from '../attachments/attachments.ts';
import { DiskBlobStore } from '../attachments/disk-blob-store.ts';
import type { Handlers } from '../commands/handler.ts';
import { userHandlers } from '../commands/user-commands.ts';
import type { HttpPorts, ServedRequest } from '../http/http-ports.ts';
import { createHttpServer } from '../http/http-server.ts';
import { createLogger } from '../monitoring/logger.ts';
import { addressKey, readRanges } from '../rate-limit/address.ts';
import { clientAddress } from '../rate-limit/client-address.ts';
import type { Actor } from '../users/actor.ts';
import { type Answer, type AskOptions, ask } from './ask.ts';
import type { MigratedDatabase } from './migrated-database.ts';
import { type TestAccountsOptions, testAccounts } from './test-accounts.ts';

export interface TestHttpOptions extends TestAccountsOptions {
  readonly trustedProxies?: readonly string[];
  readonly ports?: Partial<HttpPorts>;
  /** In place of, or besides, the handlers of accounts. */
  readonly handlers?: Partial<Handlers>;
}

export interface TestHttp extends ReturnType<typeof testAccounts> {
  readonly fastify: FastifyInstance;
  readonly port: number;
  readonly url: string;
  readonly served: ServedRequest[];
  /** A request with a JSON body, by a token or by nobody. */
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>;
  /** Sends bytes as they are and gives all that comes back until the server closes, or until `until` is in it. */
  raw(bytes: string | Buffer, until?: string): Promise<string>;
  stop(): Promise<void>;
}

/** The HTTP door over the rooms of accounts, listening on a free port. */
export async function startTestHttp(database: MigratedDatabase, options: TestHttpOptions = {}): Promise<TestHttp> {
  const rooms = testAccounts(database, options);
  const served: ServedRequest[] = [];
  const trusted = readRanges(options.trustedProxies ?? []);
  const server = await createHttpServer({
    commands: {
      handlers: { ...userHandlers(rooms), ...options.handlers } as Handlers,
      limiter: rooms.limiter,
      factorOf: (_actor: Actor) => 1,
    },
    db: database.db,
    clock: rooms.clock,
    logger: createLogger('silent', 'test'),
    server: { name: 'Test', version: '0.0.0' },
    allowedOrigins: new Set(['https://app.example']),
    attachments: new Attachments({
      db: database.db,
      clock: rooms.clock,
      // Whoever stores files brings rooms for them; here only the door to them is looked at.
      blobs: new DiskBlobStore('/nonexistent'),
      pictures: () => Promise.resolve(null),
      maxBytes: 1_000_000,
      quotaBytes: 1_000_000,
    }),
    checks: {},
    isDraining: () => false,
    authenticate: (token, origin) => rooms.authenticator.authenticate(token, origin),
    addressOf: (request) => clientAddress(request.socket.remoteAddress, request.headers['x-forwarded-for'], trusted),
    addressKey,
    onServed: (request) => void served.push(request),
    ...options.ports,
  });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${port}`;
  return {
    ...rooms,
    fastify: server.fastify,
    port,
    url,
    served,
    ask: (method, path, how = {}) => ask(url + path, method, how),
    raw: (bytes, until) => raw(port, bytes, until),
    stop: () => server.close(),
  };
}

function raw(port: number, bytes: string | Buffer, until?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => void socket.write(bytes));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (until !== undefined && text.includes(until)) socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? resolve(text) : reject(error)));
    socket.on('close', () => resolve(text));
  });
}
