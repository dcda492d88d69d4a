/** What most tutorials do, at its best: stringify once, then `send` to every client. */
import type { WebSocket } from 'ws';
import { buildMessage, readText } from './message.ts';
import { serve } from './ws-server.ts';

const members = new Set<WebSocket>();

serve(Number(process.argv[2]), (socket, sends) => {
  if (!sends) members.add(socket);
  socket.on('close', () => members.delete(socket));
  socket.on('error', () => {});
  socket.on('message', (data) => {
    const json = JSON.stringify(buildMessage(readText(data)));
    for (const member of members) member.send(json);
  });
});
