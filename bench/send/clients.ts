// Sockets that send and count acks, in a process of their own: `clients.ts JSON`, answers with figures over IPC. It parses
// no more than it must, so that the server is the bottleneck; the share of a core it used is told with the figures.
import { makeUuid } from '@parley/protocol/constants';
import { WebSocket } from 'ws';

interface Request {
  url: string;
  users: string[];
  channels: string[];
  inFlightPerSocket: number;
  seconds: number;
  body: string;
}

const WARM_UP_MS = 1_000;
const request = JSON.parse(process.argv[2] ?? '') as Request;
const latenciesMs: number[] = [];
let acks = 0;
let events = 0;
let errors = 0;
let measuring = false;
let sending = true;

async function open(user: string, channel: string): Promise<() => void> {
  const socket = new WebSocket(request.url, { perMessageDeflate: false });
  const sentAt = new Map<number, number>();
  let ref = 0;
  const send = (): void => {
    ref += 1;
    sentAt.set(ref, performance.now());
    socket.send(
      `{"t":"message.send","ref":${ref},"d":{"channelId":"${channel}","id":"${makeUuid()}","body":"${request.body}"}}`,
    );
  };
  await new Promise<void>((resolve, reject) => {
    socket.on('open', () => socket.send(JSON.stringify({ t: 'hello', protocol: 1, token: user })));
    socket.on('error', reject);
    socket.on('message', (data: Buffer) => {
      const text = data.toString('latin1');
      if (text.startsWith('{"t":"ok"')) {
        const answered = Number.parseInt(text.slice(16), 10);
        if (measuring) {
          acks += 1;
          latenciesMs.push(performance.now() - (sentAt.get(answered) ?? 0));
        }
        sentAt.delete(answered);
        if (sending) send();
      } else if (text.startsWith('{"t":"message"')) events += measuring ? 1 : 0;
      else if (text.startsWith('{"t":"error"')) errors += 1;
      else if (text.startsWith('{"t":"sync"')) resolve();
    });
  });
  return () => {
    for (let index = 0; index < request.inFlightPerSocket; index++) send();
  };
}

const starts = await Promise.all(request.users.map((user, index) => open(user, request.channels[index] ?? '')));
for (const start of starts) start();
await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS));
measuring = true;
const cpuBefore = process.cpuUsage();
const startedAt = performance.now();
await new Promise((resolve) => setTimeout(resolve, request.seconds * 1_000));
measuring = false;
sending = false;
const seconds = (performance.now() - startedAt) / 1_000;
const cpu = process.cpuUsage(cpuBefore);
latenciesMs.sort((a, b) => a - b);
const at = (share: number): number => latenciesMs[Math.floor(latenciesMs.length * share)] ?? Number.NaN;
process.send?.({
  acksPerSecond: acks / seconds,
  eventsPerSecond: events / seconds,
  errors,
  p50Ms: at(0.5),
  p99Ms: at(0.99),
  clientCore: (cpu.user + cpu.system) / 1e6 / seconds,
});
process.exit(0);
