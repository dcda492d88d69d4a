/** The outbox path alone: a `ws` socket in, the outbox room out, nothing of the product between. */
import type { Socket } from 'node:net';
import { findWireOf } from '../../packages/server/src/outbox/find-wire.ts';
import { encodeFrame } from '../../packages/server/src/outbox/frame.ts';
import { Flusher, type Outbox } from '../../packages/server/src/outbox/outbox.ts';
import { buildMessage, readText } from './message.ts';
import { serve } from './ws-server.ts';

const wireOf = await findWireOf();
const members = new Set<Outbox>();
const flusher = new Flusher({ onSlow: (outbox) => members.delete(outbox) });

serve(Number(process.argv[2]), (socket, sends) => {
  const outbox = flusher.createOutbox(wireOf((socket as unknown as { _socket: Socket })._socket));
  if (!sends) members.add(outbox);
  socket.on('close', () => {
    members.delete(outbox);
    outbox.close();
  });
  socket.on('error', () => {});
  socket.on('message', (data) => {
    flusher.broadcast(members, encodeFrame(JSON.stringify(buildMessage(readText(data)))));
  });
});
