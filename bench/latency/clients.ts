// An open loop: messages are due at fixed moments, whatever became of those before, and times count from when each was due.
// `clients.ts JSON`, answers with figures over IPC. Senders and listeners are in one process, so that one clock measures.
import { makeUuid } from '@parley/protocol/constants';
import { WebSocket } from 'ws';
import { nowMs } from '../../packages/load-test/src/clock.ts';
import { Histogram, type Percentiles } from '../../packages/load-test/src/histogram.ts';
import { readDueMs, writeBody } from '../../packages/load-test/src/user/marker.ts';
import { Pacer } from '../../packages/load-test/src/worker/pacer.ts';

/** What to do. Of the channels, each of whose members are token i and token i + 1, every other one is talked in: nobody is in two. */
export interface LatencyRequest {
  /** Addresses of sockets: those who send, and those who listen. */
  readonly senders: string;
  readonly listeners: string;
  readonly tokens: readonly string[];
  readonly channels: readonly string[];
  readonly perSecond: number;
  /** What is sent before counts for nothing: a server compiles its code as it is used. */
  readonly warmUpMs: number;
  readonly durationMs: number;
}

export interface LatencyFigures {
  readonly sent: number;
  /** Acknowledgements that came in a second; below what was asked where the rate was not kept. */
  readonly ackedPerSecond: number;
  readonly errors: number;
  /** From due to acknowledged, and to delivered, in milliseconds. */
  readonly acked: Percentiles;
  readonly delivered: Percentiles;
  /** How late the clients were themselves. */
  readonly lateP99Ms: number;
  readonly clientCore: number;
}

const DRAIN_MS = 10_000;
const POLL_MS = 20;
/**
 * With more than a second's worth unanswered nothing is sent until some of it is: the rate is not kept then, and a backlog that
 * only grows would say how long the bench ran and nothing of the server.
 */
const MAX_BACKLOG_S = 1;
const OPEN_TRIES = 5;
const OPEN_RETRY_MS = 2_000;
/** As people write. */
const BYTES = 110;

const request = JSON.parse(process.argv[2] ?? '') as LatencyRequest;
const times = { acked: new Histogram(), delivered: new Histogram(), late: new Histogram() };
let sent = 0;
let ackedInTime = 0;
let errors = 0;
let measureFrom = Number.POSITIVE_INFINITY;
let endsAt = Number.POSITIVE_INFINITY;

function openOnce(url: string, token: string, onText: (text: string) => void): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  return new Promise((resolve, reject) => {
    socket.on('open', () => socket.send(JSON.stringify({ t: 'hello', protocol: 1, token })));
    socket.on('error', reject);
    // After it is open this says nothing: what was lost with it is missing in the figures.
    socket.on('close', (code) => reject(new Error(`unable to open a session; the socket was closed with ${code}`)));
    socket.on('message', (data: Buffer) => {
      const text = data.toString('latin1');
      if (text.startsWith('{"t":"sync"') && text.includes('"done":true')) resolve(socket);
      else onText(text);
    });
  });
}

/** As any client does: a node that is too busy to check a hello in time is asked again. */
async function open(url: string, token: string, onText: (text: string) => void): Promise<WebSocket> {
  for (let tries = 1; ; tries++) {
    try {
      return await openOnce(url, token, onText);
    } catch (error) {
      if (tries === OPEN_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * OPEN_RETRY_MS));
    }
  }
}

/** When each message that is not answered yet was due, by its ref. */
const waiting = new Map<number, number>();

function onAnswer(text: string): void {
  if (text.startsWith('{"t":"ok"')) {
    const ref = Number.parseInt(text.slice(16), 10);
    const dueMs = waiting.get(ref) ?? 0;
    waiting.delete(ref);
    const now = nowMs();
    if (now >= measureFrom && now < endsAt) ackedInTime += 1;
    if (dueMs >= measureFrom) times.acked.record(now - dueMs);
  } else if (text.startsWith('{"t":"error"')) {
    errors += 1;
    waiting.delete(Number.parseInt(text.slice(19), 10));
  }
}

/** The counts of the messages that were heard, each once however often it comes. */
const heard = new Set<string>();

/** Takes what is new in a frame; a node that missed something on the bus gives it within `changes`. */
function hear(text: string): void {
  if (!text.startsWith('{"t":"message"') && !text.startsWith('{"t":"changes"')) return;
  for (const [, body = ''] of text.matchAll(/"body":"(~[^" ]*)/g)) {
    if (heard.has(body)) continue;
    heard.add(body);
    const dueMs = readDueMs(body) ?? 0;
    if (dueMs >= measureFrom) times.delivered.record(nowMs() - dueMs);
  }
}

const talked = request.channels.flatMap((channel, index) => (index % 2 === 0 ? [{ channel, index }] : []));
const senders = await Promise.all(
  talked.map(async ({ channel, index }) => ({
    channel,
    socket: await open(request.senders, request.tokens[index] ?? '', onAnswer),
  })),
);
await Promise.all(talked.map(({ index }) => open(request.listeners, request.tokens[index + 1] ?? '', hear)));

let count = 0;
function sendNext(atMs: number): void {
  if (waiting.size > MAX_BACKLOG_S * request.perSecond) return;
  count += 1;
  // As exactly as the marker tells it, or a message on the border would count at one end and not at the other.
  const dueMs = Math.round(atMs * 1_000) / 1_000;
  waiting.set(count, dueMs);
  const to = senders[count % senders.length];
  const body = writeBody({ dueMs, user: 0, count }, BYTES);
  to?.socket.send(
    `{"t":"message.send","ref":${count},"d":{"channelId":"${to.channel}","id":"${makeUuid()}","body":"${body}"}}`,
  );
  if (dueMs < measureFrom) return;
  sent += 1;
  times.late.record(nowMs() - dueMs);
}

const startMs = nowMs() + 100;
measureFrom = startMs + request.warmUpMs;
endsAt = measureFrom + request.durationMs;
const cpu = process.cpuUsage();
await new Promise<void>((resolve) => {
  const durationMs = request.warmUpMs + request.durationMs;
  const pace = { startMs, durationMs, rate: request.perSecond };
  void new Pacer(pace, sendNext, resolve);
});
const used = process.cpuUsage(cpu);
const clientCore = (used.user + used.system) / 1_000 / (nowMs() - startMs);
for (const untilMs = nowMs() + DRAIN_MS; times.delivered.count < sent || times.acked.count < sent; ) {
  if (nowMs() > untilMs) break;
  await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
process.send?.({
  sent,
  ackedPerSecond: (ackedInTime * 1_000) / request.durationMs,
  errors,
  acked: times.acked.percentiles(),
  delivered: times.delivered.percentiles(),
  lateP99Ms: times.late.at(0.99),
  clientCore,
} satisfies LatencyFigures);
process.exit(0);
