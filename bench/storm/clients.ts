// Ten thousand sessions in one process, as lean as can be; told over IPC who they are, and then what happens.
import { once } from 'node:events';
import { LeanClient } from './lean-client.ts';

export interface StormRequest {
  readonly tokens: readonly string[];
  readonly urls: readonly string[];
}

export type StormOrder =
  | { readonly kind: 'cut' }
  /** Tell when all that were on `url` are in step again. */
  | { readonly kind: 'lost'; readonly url: string }
  | { readonly kind: 'revs' };

export interface StormFigures {
  readonly sessions: number;
  readonly lastMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly attempts: number;
  readonly holes: number;
  /** How sockets ended meanwhile: close codes and HTTP statuses, each with how often. */
  readonly ends: string;
}

/** How many open at a time at the beginning, when nothing is measured. */
const PARALLEL = 50;
/** How long all may take to be in step, before it counts as failed. */
const WITHIN_MS = 60_000;

const [{ tokens, urls }] = (await once(process, 'message')) as [StormRequest];
let alive = [...urls];
let holes = 0;
/** How often sockets ended in which way, since the last order. */
const ends = new Map<string, number>();
let onSynced: (client: LeanClient) => void = () => {};
const clients = tokens.map(
  (token) =>
    new LeanClient({
      token,
      pickUrl: () => alive[Math.floor(Math.random() * alive.length)] ?? '',
      onSynced: (client) => onSynced(client),
      onHole: () => {
        holes += 1;
      },
      onEnd: (why) => ends.set(why, (ends.get(why) ?? 0) + 1),
    }),
);

async function openAll(): Promise<void> {
  const waiting = [...clients];
  const opened = new Map<LeanClient, () => void>();
  onSynced = (client) => opened.get(client)?.();
  const work = async (): Promise<void> => {
    for (let client = waiting.pop(); client !== undefined; client = waiting.pop()) {
      const next = client;
      await new Promise<void>((resolve) => {
        opened.set(next, resolve);
        next.connect();
      });
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
}

const endsInWords = (): string => [...ends].map(([why, times]) => `${why} x ${times}`).join(', ') || 'nothing';

/** What is wrong, for whoever has to find out why. */
function tellFailure(what: string): void {
  const away = clients.filter(({ isSynced }) => !isSynced).length;
  process.send?.({
    failed: `${what}: ${away} of ${clients.length} are not in step; sockets ended by ${endsInWords()}`,
  });
}

/** Resolves when all of them are in step again. */
function back(away: ReadonlySet<LeanClient>): Promise<StormFigures> {
  const startedAt = performance.now();
  const timesMs: number[] = [];
  const left = new Set(away);
  for (const client of away) client.attempts = 0;
  holes = 0;
  ends.clear();
  return new Promise((resolve) => {
    onSynced = (client) => {
      if (!left.delete(client)) return;
      timesMs.push(performance.now() - startedAt);
      if (left.size > 0) return;
      const at = (share: number): number => timesMs[Math.floor((timesMs.length - 1) * share)] ?? Number.NaN;
      const attempts = [...away].reduce((sum, one) => sum + one.attempts, 0);
      const times = { lastMs: at(1), p50Ms: at(0.5), p99Ms: at(0.99) };
      resolve({ sessions: away.size, ...times, attempts, holes, ends: endsInWords() });
    };
  });
}

/** Sends what comes of it, or after `WITHIN_MS` what is wrong. */
function answer(what: string, work: Promise<unknown>): void {
  const late = setTimeout(() => tellFailure(what), WITHIN_MS);
  void work.then((found) => {
    clearTimeout(late);
    process.send?.(found as object);
  });
}

process.on('message', (order: StormOrder) => {
  if (order.kind === 'revs') {
    const revs = new Map<string, number>();
    for (const client of clients)
      for (const [channel, rev] of client.revs) revs.set(channel, Math.min(rev, revs.get(channel) ?? rev));
    process.send?.({ revs: [...revs], away: clients.filter(({ isSynced }) => !isSynced).length });
    return;
  }
  if (order.kind === 'lost') alive = urls.filter((url) => url !== order.url);
  const away = new Set(order.kind === 'cut' ? clients : clients.filter(({ url }) => url === order.url));
  answer(order.kind === 'cut' ? 'everybody was cut' : 'a node was lost', back(away));
  if (order.kind === 'cut') for (const client of clients) client.cut();
});
answer(
  'everybody opens a session',
  openAll().then(() => ({ open: clients.length })),
);
