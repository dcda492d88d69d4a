// Opens one session per user, a bounded number at a time, tells how long it took, and keeps them open until it is ended.
// Asked for a storm it breaks all of them at once and resumes them.
import { mayReconnect } from '@parley/protocol/constants';
import { WebSocket } from 'ws';

const PARALLEL = 64;
const RETRY_MS = 100;

export type ClientRequest =
  | { kind: 'open'; url: string; tokens: string[] }
  /** All sockets break; everybody resumes with what he had, at `rev` in each of the channels. */
  | { kind: 'storm'; channels: string[]; rev: number; missed: number };

export interface ClientFigures {
  seconds: number;
  p50Ms: number;
  p99Ms: number;
  /** Sessions whose sync did not bring the messages that were missed. */
  lacking: number;
  clientCore: number;
}

interface Held {
  socket: WebSocket;
  token: string;
}

let url = '';
let epoch = '';
let held: Held[] = [];

process.on('message', (request: ClientRequest) => {
  void serve(request).then((figures) => process.send?.(figures));
});

async function serve(request: ClientRequest): Promise<ClientFigures> {
  if (request.kind === 'open') {
    url = request.url;
    return await measure(request.tokens, (token) => open(token, {}, 0));
  }
  const tokens = held.map((one) => one.token);
  for (const { socket } of held) socket.terminate();
  held = [];
  const resume = { epoch, channels: request.channels.map((channel) => [channel, request.rev]) };
  return await measure(tokens, (token) => open(token, { resume }, request.missed));
}

async function measure(tokens: string[], openOne: (token: string) => Promise<boolean | null>): Promise<ClientFigures> {
  const waiting = [...tokens];
  const timesMs: number[] = [];
  let lacking = 0;
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  const work = async (): Promise<void> => {
    for (let token = waiting.pop(); token !== undefined; token = waiting.pop()) {
      const began = performance.now();
      let isWhole = await openOne(token);
      // A server that is too busy says so, and a client comes again: that is part of the time it takes.
      while (isWhole === null) {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        isWhole = await openOne(token);
      }
      if (!isWhole) lacking += 1;
      timesMs.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  const seconds = (performance.now() - startedAt) / 1_000;
  const used = process.cpuUsage(cpu);
  timesMs.sort((a, b) => a - b);
  const at = (share: number): number => timesMs[Math.floor(timesMs.length * share)] ?? Number.NaN;
  return { seconds, p50Ms: at(0.5), p99Ms: at(0.99), lacking, clientCore: (used.user + used.system) / 1e6 / seconds };
}

/** From the first byte to the last sync frame; false when it did not bring `missed` messages, null when it was cut. */
function open(token: string, more: object, missed: number): Promise<boolean | null> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    let brought = 0;
    socket.on('open', () => socket.send(JSON.stringify({ t: 'hello', protocol: 1, token, ...more })));
    socket.on('error', reject);
    socket.on('close', (code) =>
      mayReconnect(code) ? resolve(null) : reject(new Error(`a session ended with ${code}`)),
    );
    socket.on('message', (data: Buffer) => {
      if (epoch === '') epoch = /"epoch":"([^"]+)"/.exec(data.toString('latin1'))?.[1] ?? '';
      if (missed > 0) brought += data.toString('latin1').split('"body":').length - 1;
      if (!data.includes('"done":true')) return;
      held.push({ socket, token });
      resolve(brought === missed);
    });
  });
}
