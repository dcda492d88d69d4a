// Opens one session per user, a bounded number at a time, tells how long it took, and keeps them open until it is ended.
import { WebSocket } from 'ws';

const PARALLEL = 64;

process.on('message', (request: { url: string; users: string[] }) => {
  void openAll(request.url, request.users).then((figures) => process.send?.(figures));
});

async function openAll(url: string, users: string[]): Promise<{ seconds: number; p50Ms: number; p99Ms: number }> {
  const waiting = [...users];
  const timesMs: number[] = [];
  const startedAt = performance.now();
  const work = async (): Promise<void> => {
    for (let user = waiting.pop(); user !== undefined; user = waiting.pop()) timesMs.push(await open(url, user));
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  timesMs.sort((a, b) => a - b);
  const at = (share: number): number => timesMs[Math.floor(timesMs.length * share)] ?? Number.NaN;
  return { seconds: (performance.now() - startedAt) / 1_000, p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** From the first byte to the last sync frame. */
function open(url: string, token: string): Promise<number> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    socket.on('open', () => socket.send(JSON.stringify({ t: 'hello', protocol: 1, token })));
    socket.on('error', reject);
    socket.on('message', (data: Buffer) => {
      if (data.includes('"done":true')) resolve(performance.now() - startedAt);
    });
  });
}
