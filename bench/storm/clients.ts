// Ten thousand sessions in one process, as lean as can be; told over IPC who they are, and then what happens.
import { once } from 'node:events';
import { LeanClient } from './lean-client.ts';

export interface StormRequest {
  readonly tokens: readonly string[];
  readonly urls: readonly string[];
}

export type StormOrder =
  | { readonly kind: 'cut' }
  /** Tell when all that are away at this moment, or were on `url`, are in step again. */
  | { readonly kind: 'lost'; readonly url: string }
  | { readonly kind: 'revs' };

export interface StormFigures {
  readonly sessions: number;
  readonly lastMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly attempts: number;
  readonly holes: number;
}

/** How many open at a time at the beginning, when nothing is measured. */
const PARALLEL = 50;

const [{ tokens, urls }] = (await once(process, 'message')) as [StormRequest];
let alive = [...urls];
let holes = 0;
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

/** Resolves when all of them are in step again. */
function back(away: ReadonlySet<LeanClient>): Promise<StormFigures> {
  const startedAt = performance.now();
  const timesMs: number[] = [];
  const left = new Set(away);
  for (const client of away) client.attempts = 0;
  holes = 0;
  return new Promise((resolve) => {
    onSynced = (client) => {
      if (!left.delete(client)) return;
      timesMs.push(performance.now() - startedAt);
      if (left.size > 0) return;
      const at = (share: number): number => timesMs[Math.floor((timesMs.length - 1) * share)] ?? Number.NaN;
      const attempts = [...away].reduce((sum, one) => sum + one.attempts, 0);
      resolve({ sessions: away.size, lastMs: at(1), p50Ms: at(0.5), p99Ms: at(0.99), attempts, holes });
    };
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
  void back(away).then((figures) => process.send?.(figures));
  if (order.kind === 'cut') for (const client of clients) client.cut();
});
await openAll();
process.send?.('open');
