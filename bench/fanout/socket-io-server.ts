/** Socket.IO 4 as its documentation shows it; `websocket` as the second argument turns polling off. */
import { createServer } from 'node:http';
import { Server, type ServerOptions } from 'socket.io';
import { buildMessage } from './message.ts';

const options: Partial<ServerOptions> = process.argv[3] === 'websocket' ? { transports: ['websocket'] } : {};
const http = createServer();
const io = new Server(http, options);

io.on('connection', (socket) => {
  if (!socket.handshake.url.includes('sender')) void socket.join('general');
  socket.on('send', (command: { text: string }) => {
    io.to('general').emit('message', buildMessage(command.text));
  });
});
http.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 }, () => console.log('ready'));
