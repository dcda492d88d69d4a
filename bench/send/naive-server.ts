// What a user would write instead, and do well: Socket.IO, a room per channel, an INSERT that is awaited before the
// acknowledgement, one connection pool. No order within a channel, no repeats, no resume. Started with an IPC channel.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { openBenchDatabase } from './database.ts';

interface Command {
  channelId: string;
  id: string;
  body: string;
}

const CHANNELS = 64;
const POOL = 12;

const database = await openBenchDatabase(POOL);
const seeded = await database.seed(CHANNELS);
const { pool } = database;
await pool.query(`CREATE TABLE naive_messages (
  id uuid PRIMARY KEY, channel_id uuid NOT NULL, sender text NOT NULL, body text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now())`);
await pool.query('CREATE INDEX ON naive_messages (channel_id, created_at DESC)');

const http = createServer();
const io = new Server(http, { transports: ['websocket'] });
io.on('connection', (socket) => {
  const channel = String(socket.handshake.query.channel);
  const next = String(socket.handshake.query.next);
  void socket.join([channel, next]);
  const store = async ({ channelId, id, body }: Command, acknowledge: (answer: object) => void): Promise<void> => {
    const { rows } = await pool.query({
      name: 'insert',
      text: 'INSERT INTO naive_messages (id, channel_id, sender, body) VALUES ($1, $2, $3, $4) RETURNING created_at',
      values: [id, channelId, socket.id, body],
    });
    const { created_at: createdAt } = rows[0] as { created_at: number };
    io.to(channelId).emit('message', { id, channelId, sender: socket.id, body, createdAt });
    acknowledge({ id, createdAt });
  };
  // What waits too long for a connection of the pool is not acknowledged, and not the end of the server either.
  socket.on('send', (...sent: Parameters<typeof store>) => void store(...sent).catch(() => {}));
});
await new Promise<void>((resolve) => void http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve));
const { port } = http.address() as AddressInfo;

process.on('SIGTERM', () => {
  void io
    .close()
    .then(() => database.remove())
    .then(() => process.exit(0));
});
process.send?.({ url: `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`, ...seeded });
