/**
 * Socket.IO 4 as its documentation shows it. As the second argument, `websocket` turns polling off, and `redis` sends every
 * message through a Redis of its own, as several processes would need it.
 */
import { createServer } from 'node:http';
import { createClient } from '@redis/client';
import { createAdapter } from '@socket.io/redis-adapter';
import { Server, type ServerOptions } from 'socket.io';
import { TestRedisServer } from '../../packages/server/src/testing/test-redis-server.ts';
import { buildMessage } from './message.ts';

/** The adapter of several processes; Redis is on the server's core, and ends with it. */
async function redisAdapter(): Promise<Partial<ServerOptions>> {
  const redis = await TestRedisServer.start(['--save', '']);
  process.once('SIGTERM', () => void redis.stop().then(() => process.exit(0)));
  const publisher = createClient({ url: `redis://127.0.0.1:${redis.port}` });
  const subscriber = publisher.duplicate();
  await Promise.all([publisher.connect(), subscriber.connect()]);
  return { adapter: createAdapter(publisher, subscriber) };
}

const OPTIONS: Record<string, () => Partial<ServerOptions> | Promise<Partial<ServerOptions>>> = {
  default: () => ({}),
  websocket: () => ({ transports: ['websocket'] }),
  redis: redisAdapter,
};

const options = await OPTIONS[process.argv[3] ?? 'default']?.();
const http = createServer();
const io = new Server(http, options);

io.on('connection', (socket) => {
  if (!socket.handshake.url.includes('sender')) void socket.join('general');
  socket.on('send', (command: { text: string }) => {
    io.to('general').emit('message', buildMessage(command.text));
  });
});
http.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 }, () => console.log('ready'));
