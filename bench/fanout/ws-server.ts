import { createServer } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';

/** Called for each socket that opened; `/sender` sends and hears nothing, every other path subscribes. */
export type OnSocket = (socket: WebSocket, sends: boolean) => void;

/** A `ws` server without the parts that cost: no client tracking, no compression. Prints `ready` when it listens. */
export function serve(port: number, onSocket: OnSocket): void {
  const wss = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false });
  const server = createServer();
  server.on('upgrade', (request, duplex, head) => {
    wss.handleUpgrade(request, duplex, head, (socket) => onSocket(socket, request.url === '/sender'));
  });
  server.listen({ port, host: '127.0.0.1', backlog: 4096 }, () => console.log('ready'));
}
