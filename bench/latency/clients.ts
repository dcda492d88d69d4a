// An open loop: messages are due at fixed moments, whatever became of those before, and times count from when each was due.
// `clients.ts JSON`, answers over IPC. Socket i sends to channel i, and hears channels i and i - 1.
import { makeUuid } from '@parley/protocol/constants';
import { WebSocket } from 'ws';
import { nowMs } from '../../packages/load-test/src/clock.ts';
import { Histogram } from '../../packages/load-test/src/histogram.ts';
import { readDueMs, writeBody } from '../../packages/load-test/src/user/marker.ts';
import { Pacer } from '../../packages/load-test/src/worker/pacer.ts';

interface Request {
  url: string;
  users: string[];
  channels: string[];
  rate: number;
  seconds: number;
  bytes: number;
}

const WARM_UP_MS = 1_000;
/** What is on its way when the last message has left gets this long. */
const SETTLE_MS = 10_000;
const POLL_MS = 20;
const request = JSON.parse(process.argv[2] ?? '') as Request;
const times = { acknowledged: new Histogram(), delivered: new Histogram(), late: new Histogram() };
let measureFrom = Number.POSITIVE_INFINITY;
let sent = 0;
let errors = 0;

async function open(user: string): Promise<{ send: (channel: string, dueMs: number) => void }> {
  const socket = new WebSocket(request.url, { perMessageDeflate: false });
  const dueOf = new Map<number, number>();
  let refs = 0;
  await new Promise<void>((resolve, reject) => {
    socket.on('open', () => socket.send(JSON.stringify({ t: 'hello', protocol: 1, token: user })));
    socket.on('error', reject);
    socket.on('message', (data: Buffer) => {
      const text = data.toString('latin1');
      if (text.startsWith('{"t":"ok"')) {
        const ref = Number.parseInt(text.slice(16), 10);
        const dueMs = dueOf.get(ref) ?? 0;
        dueOf.delete(ref);
        if (dueMs >= measureFrom) times.acknowledged.record(nowMs() - dueMs);
      } else if (text.startsWith('{"t":"message"')) {
        // The sender hears it too, with its acknowledgement; only the other one counts.
        if (text.includes(`"senderId":"${user}"`)) return;
        const dueMs = readDueMs(/"body":"([^"]*)"/.exec(text)?.[1] ?? '') ?? 0;
        if (dueMs >= measureFrom) times.delivered.record(nowMs() - dueMs);
      } else if (text.startsWith('{"t":"error"')) errors += 1;
      else if (text.includes('"done":true')) resolve();
    });
  });
  return {
    send: (channelId, dueMs) => {
      refs += 1;
      dueOf.set(refs, dueMs);
      const body = writeBody({ dueMs, user: 0, count: refs }, request.bytes);
      socket.send(
        `{"t":"message.send","ref":${refs},"d":{"channelId":"${channelId}","id":"${makeUuid()}","body":"${body}"}}`,
      );
    },
  };
}

const senders = await Promise.all(request.users.map((user) => open(user)));
const startMs = nowMs() + 100;
measureFrom = startMs + WARM_UP_MS;
const durationMs = WARM_UP_MS + request.seconds * 1_000;
const cpu = process.cpuUsage();
let turn = 0;
await new Promise<void>((resolve) => {
  const pace = { startMs, durationMs, rate: request.rate, offset: 0, factorAt: () => 1 };
  const sendNext = (atMs: number): void => {
    // As exactly as the marker tells it, or a message on the border would count at one end and not at the other.
    const dueMs = Math.round(atMs * 1_000) / 1_000;
    const index = turn++ % senders.length;
    senders[index]?.send(request.channels[index] ?? '', dueMs);
    if (dueMs < measureFrom) return;
    sent += 1;
    times.late.record(nowMs() - dueMs);
  };
  void new Pacer(pace, sendNext, resolve);
});
const used = process.cpuUsage(cpu);
for (const untilMs = nowMs() + SETTLE_MS; times.delivered.count < sent && nowMs() < untilMs; )
  await new Promise((resolve) => setTimeout(resolve, POLL_MS));
process.send?.({
  sent,
  errors,
  acknowledged: times.acknowledged.percentiles(),
  delivered: times.delivered.percentiles(),
  lateP99Ms: times.late.at(0.99),
  clientCore: (used.user + used.system) / 1_000 / durationMs,
});
process.exit(0);
