import { fileURLToPath } from 'node:url';
import type { LoadScript } from '../load-client/load-client.ts';
import { compile, findPort, nodeCommand, type ServerProcess, startServer } from '../processes.ts';

/** One of those who are compared. */
export interface Side {
  name: string;
  script: LoadScript;
  port: number;
  server: ServerProcess;
}

/** With the words around it, 200 bytes on the wire of the servers that send bare JSON. */
const TEXT = `hello %m ${'0123456789 '.repeat(7)}`.trimEnd();

const plain: LoadScript = { path: '/', senderPath: '/sender', send: JSON.stringify({ type: 'send', text: TEXT }) };

/** Engine.IO and Socket.IO over a WebSocket from the start, as their own client does with `transports: ['websocket']`. */
const socketIo: LoadScript = {
  path: '/socket.io/?EIO=4&transport=websocket',
  senderPath: '/socket.io/?EIO=4&transport=websocket&role=sender',
  steps: [{ wait: '0{' }, { say: '40' }, { wait: '40{' }],
  send: `42${JSON.stringify(['send', { text: TEXT }])}`,
};

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Names that the ratios need. */
export const OUTBOX = 'outbox path';
export const NAIVE = 'naive ws';
export const SOCKET_IO = 'Socket.IO';
export const SOCKET_IO_WEBSOCKET = 'Socket.IO, websocket only';
export const SOCKET_IO_REDIS = 'Socket.IO, redis adapter';
export const REFERENCE = 'C reference';

/** Starts every side that can run here. Idle servers cost the others nothing. */
export async function startSides(): Promise<Side[]> {
  const reference = compile(file('reference.c'));
  const commands: [name: string, script: LoadScript, command: (port: string) => string[]][] = [
    [OUTBOX, plain, (port) => [...nodeCommand(file('outbox-server.ts')), port]],
    [NAIVE, plain, (port) => [...nodeCommand(file('naive-server.ts')), port]],
    [SOCKET_IO, socketIo, (port) => [...nodeCommand(file('socket-io-server.ts')), port, 'default']],
    [SOCKET_IO_WEBSOCKET, socketIo, (port) => [...nodeCommand(file('socket-io-server.ts')), port, 'websocket']],
    [SOCKET_IO_REDIS, socketIo, (port) => [...nodeCommand(file('socket-io-server.ts')), port, 'redis']],
  ];
  if (reference !== undefined) commands.push([REFERENCE, plain, (port) => [reference, port]]);
  const sides: Side[] = [];
  try {
    for (const [name, script, command] of commands) {
      const port = await findPort();
      sides.push({ name, script, port, server: await startServer(command(`${port}`)) });
    }
  } catch (error) {
    await stopSides(sides);
    throw error;
  }
  return sides;
}

/** Our side alone. */
export async function outboxSide(): Promise<Side> {
  const port = await findPort();
  const server = await startServer([...nodeCommand(file('outbox-server.ts')), `${port}`]);
  return { name: OUTBOX, script: plain, port, server };
}

/** Ends what `startSides` began. */
export async function stopSides(sides: Side[]): Promise<void> {
  await Promise.all(sides.map(({ server }) => server.stop()));
}
