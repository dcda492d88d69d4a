// Sockets that send and count acks, in a process of their own: `clients.ts JSON`, answers with figures over IPC. It parses
// no more than it must, so that the server is the bottleneck; the share of a core it used is told with the figures.
import { makeUuid } from '@parley/protocol/constants';
import { WebSocket } from 'ws';

interface Request {
  url: string;
  speech: keyof typeof SPEECHES;
  users: string[];
  channels: string[];
  inFlightPerSocket: number;
  seconds: number;
  body: string;
}

const WARM_UP_MS = 1_000;
interface Speech {
  /** Where a socket that hears these channels connects. */
  addressOf: (url: string, channel: string, other: string) => string;
  hello: (user: string) => string;
  /** What says that one may begin. */
  isReady: (text: string) => boolean;
  send: (ref: number, channel: string, body: string) => string;
  /** The ref that an acknowledgement answers; undefined for other texts. */
  answered: (text: string) => number | undefined;
  isEvent: (text: string) => boolean;
  isError: (text: string) => boolean;
  /** An answer that the server waits for. */
  reply?: (text: string) => string | undefined;
}

const refAt = (text: string, prefix: string): number | undefined =>
  text.startsWith(prefix) ? Number.parseInt(text.slice(prefix.length), 10) : undefined;

/** How each server is spoken to. */
const SPEECHES = {
  parley: {
    addressOf: (url) => url,
    hello: (user) => JSON.stringify({ t: 'hello', protocol: 1, token: user }),
    isReady: (text) => text.startsWith('{"t":"sync"'),
    send: (ref, channel, body) =>
      `{"t":"message.send","ref":${ref},"d":{"channelId":"${channel}","id":"${makeUuid()}","body":"${body}"}}`,
    answered: (text) => refAt(text, '{"t":"ok","ref":'),
    isEvent: (text) => text.startsWith('{"t":"message"'),
    isError: (text) => text.startsWith('{"t":"error"'),
  },
  'socket.io': {
    addressOf: (url, channel, other) => `${url}&channel=${channel}&next=${other}`,
    hello: () => '40',
    isReady: (text) => text.startsWith('40{'),
    send: (ref, channel, body) => `42${ref}["send",{"channelId":"${channel}","id":"${makeUuid()}","body":"${body}"}]`,
    answered: (text) => refAt(text, '43'),
    isEvent: (text) => text.startsWith('42["message"'),
    isError: (text) => text.startsWith('44'),
    reply: (text) => (text === '2' ? '3' : undefined),
  },
} satisfies Record<string, Speech>;

const request = JSON.parse(process.argv[2] ?? '') as Request;
const speech: Speech = SPEECHES[request.speech];
const latenciesMs: number[] = [];
let acks = 0;
let events = 0;
let errors = 0;
let measuring = false;
let sending = true;

async function open(user: string, channel: string, other: string): Promise<() => void> {
  const socket = new WebSocket(speech.addressOf(request.url, channel, other), { perMessageDeflate: false });
  const sentAt = new Map<number, number>();
  let ref = 0;
  const send = (): void => {
    ref += 1;
    sentAt.set(ref, performance.now());
    socket.send(speech.send(ref, channel, request.body));
  };
  await new Promise<void>((resolve, reject) => {
    socket.on('open', () => socket.send(speech.hello(user)));
    socket.on('error', reject);
    socket.on('message', (data: Buffer) => {
      const text = data.toString('latin1');
      const answered = speech.answered(text);
      if (answered !== undefined) {
        if (measuring) {
          acks += 1;
          latenciesMs.push(performance.now() - (sentAt.get(answered) ?? 0));
        }
        sentAt.delete(answered);
        if (sending) send();
      } else if (speech.isEvent(text)) events += measuring ? 1 : 0;
      else if (speech.isError(text)) errors += 1;
      else if (speech.isReady(text)) resolve();
      else {
        const reply = speech.reply?.(text);
        if (reply !== undefined) socket.send(reply);
      }
    });
  });
  return () => {
    for (let index = 0; index < request.inFlightPerSocket; index++) send();
  };
}

const starts = await Promise.all(
  request.users.map((user, index) => open(user, request.channels[index] ?? '', request.channels.at(index - 1) ?? '')),
);
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
