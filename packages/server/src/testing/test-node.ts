import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { UserId } from '@parley/protocol';
import type { Handlers } from '../commands/handler.ts';
import { sendMessage } from '../commands/send-message.ts';
import { syncHandlers } from '../commands/sync-commands.ts';
import { readConfig } from '../config/config.ts';
import { MemoryBus } from '../fanout/memory-bus.ts';
import { AppError } from '../lib/app-error.ts';
import { systemClock } from '../lib/clock.ts';
import { History } from '../messages/history.ts';
import { MentionResolver } from '../messages/mentions.ts';
import { createLogger } from '../monitoring/logger.ts';
import { createNode } from '../node.ts';
import type { ChatNode, NodePorts } from '../node-ports.ts';
import { findWireOf } from '../outbox/find-wire.ts';
import { readEpoch } from '../storage/server-state.ts';
import type { MigratedDatabase } from './migrated-database.ts';

export interface TestNode extends ChatNode {
  readonly url: string;
  readonly server: Server;
  stop(): Promise<void>;
}

/** As the server itself has them. */
const wires = findWireOf();

/** A node whose tokens are user ids: for tests of the road without accounts. */
export async function startTestNode(
  database: Pick<MigratedDatabase, 'db' | 'pool'>,
  env: Record<string, string> = {},
  more: Partial<NodePorts> = {},
): Promise<TestNode> {
  const node = createNode({
    name: 'test',
    config: readConfig(env),
    clock: systemClock,
    logger: createLogger('silent', 'test'),
    db: database.db,
    writerPool: database.pool,
    bus: new MemoryBus(),
    limiter: { take: () => ({ allowed: true }) },
    durability: 'disk',
    epoch: await readEpoch(database.db),
    random: Math.random,
    factorOf: () => 1,
    wireOf: await wires,
    authenticate: (token) => authenticateById(database, token),
    recheckOne: (actor) => Promise.resolve(actor),
    recheck: (actors) => Promise.resolve(new Map(actors.map((actor) => [actor.credentialId, actor]))),
    addressOf: (request) => request.socket.remoteAddress ?? '',
    addressKey: (address) => address,
    // Only the commands of the road; the others belong to rooms with tests of their own.
    handlersOf: (rooms) =>
      ({
        ...syncHandlers(rooms),
        'message.send': sendMessage({
          ...rooms,
          mentions: new MentionResolver(rooms.db),
          attachments: { claim: () => Promise.resolve([]) },
          history: new History(rooms.db),
        }),
      }) as Handlers,
    ...more,
  });
  const server = createServer((_request, response) => void response.writeHead(404).end());
  node.gateway.attach(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...node,
    url: `ws://127.0.0.1:${port}/v1/socket`,
    server,
    stop: async () => {
      node.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}

async function authenticateById(
  database: Pick<MigratedDatabase, 'db' | 'pool'>,
  token: string,
): ReturnType<NodePorts['authenticate']> {
  const isId = /^[0-9a-f-]{36}$/.test(token);
  const user = isId
    ? await database.db
        .selectFrom('users')
        .selectAll()
        .where('id', '=', token as UserId)
        .executeTakeFirst()
    : undefined;
  if (user === undefined) return new AppError('unauthenticated', 'unable to accept the token; it is unknown');
  return {
    actor: {
      userId: user.id,
      serverRole: user.role,
      kind: user.kind,
      credentialId: token,
      credential: 'local',
      scopes: null,
      address: '',
      expiresAt: null,
    },
    user: { id: user.id, username: user.username, displayName: user.display_name, kind: user.kind, role: user.role },
  };
}
