import type { Random } from '@parley/load-test';
import type { Deed, Fault, Happening, Plan, Shape } from './happening.ts';
import { planScene } from './scenes.ts';

/** How many of the faults that a world would have are left beside a scene, and how long it goes on. */
const CALM_SHARE = 0.05;
const CALM_MS = 15_000;

/** Plans a run. */
export function makePlan(random: Random): Plan {
  const hasBlackout = random.chance(0.06);
  const drawn = drawShape(random);
  // A scene is played in calm: in a storm it hardly comes to its end.
  const calm: Shape = {
    ...drawn,
    durationMs: Math.min(drawn.durationMs, CALM_MS),
    faults: Math.round(drawn.faults * CALM_SHARE),
  };
  const scene = planScene(random.fork('the scene'), calm);
  const shape = scene.length === 0 ? drawn : calm;
  const { durationMs } = shape;
  const kinds = pickKinds(random, shape.cluster);
  const happenings: Happening[] = [];
  for (let index = 0; index < shape.deeds; index++)
    happenings.push({ atMs: random.between(0, durationMs), ...makeDeed(random, shape) });
  for (let index = 0; index < shape.faults && kinds.length > 0; index++)
    happenings.push({ atMs: random.between(0, durationMs), ...makeFault(random.pick(kinds), random, shape) });
  happenings.push(...scene);
  happenings.sort((a, b) => a.atMs - b.atMs);
  if (!hasBlackout) return { shape, happenings };
  const forMs = random.between(50_000, 100_000);
  return {
    shape: { ...shape, durationMs: durationMs + forMs },
    happenings: [...happenings, { kind: 'blackout', atMs: durationMs, forMs }],
  };
}

function drawShape(random: Random): Shape {
  const users = 2 + random.below(4);
  // Of what a run costs, much is its beginning and its end: a longer middle meets more.
  const stretch = random.chance(0.3) ? 1 : 2 + random.below(3);
  return {
    cluster: random.chance(0.5) ? 'redis' : 'model',
    queue: random.chance(0.5) ? 'always' : 'overflow',
    // Few, so that readers fall out of what is kept; or as many as the product keeps.
    cached: random.pick([0, 8, 30, 100]),
    nodes: 1 + random.below(3),
    users,
    clients: users + random.below(3),
    channels: 1 + random.below(3),
    durationMs: stretch * (5_000 + random.below(20_000)),
    deeds: stretch * (20 + random.below(60)),
    faults: stretch * (10 + random.below(90)),
  };
}

/** What belongs together, and makes each other worse. */
const THEMES: readonly RegExp[] = [
  /^database-/,
  /^(redis|bus)-/,
  /^(database-(disk|crash|mute)|crash)$/,
  /^(cut|deafen|outage|lag|trickle)$/,
];

/** Few kinds at a time, by chance or by theme: what interferes with what shows better than in a storm of everything. */
function pickKinds(random: Random, cluster: Shape['cluster']): (typeof FAULT_KINDS)[number][] {
  const fitting = FAULT_KINDS.filter((kind) => fitsCluster(kind, cluster));
  const theme = random.chance(0.5) ? random.pick(THEMES) : null;
  return fitting.filter((kind) => (theme === null ? random.chance(0.4) : theme.test(kind)));
}

function fitsCluster(kind: Fault['kind'], cluster: Shape['cluster']): boolean {
  if (kind.startsWith('redis-')) return cluster === 'redis';
  return !kind.startsWith('bus-') || cluster === 'model';
}

function makeDeed(random: Random, shape: Shape): Deed {
  const client = random.below(shape.clients);
  const channel = random.below(shape.channels);
  const user = random.below(shape.users);
  const roll = random.float();
  if (roll < 0.5) return { kind: 'send', client, channel, count: 1 + random.below(4), mentions: random.chance(0.3) };
  if (roll < 0.82)
    return { kind: random.pick(['reply', 'edit', 'delete', 'react', 'page', 'read'] as const), client, channel };
  // The first two users are those who may.
  if (roll < 0.92) return { kind: random.pick(['kick', 'invite'] as const), client: random.below(2), channel, user };
  if (roll < 0.96) return { kind: random.pick(['leave', 'join'] as const), client, channel };
  if (roll < 0.98) return { kind: 'flood', client, channel, count: 30 + random.below(30) };
  return { kind: 'restart', client };
}

const FAULT_KINDS = [
  'cut',
  'deafen',
  'outage',
  'lag',
  'trickle',
  'crash',
  'drain',
  'database-crash',
  'database-break',
  'database-outage',
  'database-mute',
  'database-lag',
  'database-disk',
  'bus-trouble',
  'bus-away',
  'bus-cut',
  'redis-crash',
  'redis-stall',
  'redis-flush',
  'redis-deaf',
  'redis-break',
  'redis-outage',
  'redis-mute',
  'redis-lag',
  'node-clock',
  'client-clock',
] as const satisfies readonly Fault['kind'][];

function makeFault(kind: (typeof FAULT_KINDS)[number], random: Random, shape: Shape): Fault {
  const client = random.below(shape.clients);
  const node = random.below(shape.nodes);
  const forMs = random.chance(0.8) ? random.between(20, 2_000) : random.between(2_000, 12_000);
  const isTold = random.chance(0.5);
  const byMs = Math.round(random.between(-86_400_000, 86_400_000));
  const how = random.pick(['refuse', 'swallow'] as const);
  switch (kind) {
    case 'cut':
      return { kind, client, how: random.pick(['reset', 'reset', 'vanish', 'client-told', 'server-told'] as const) };
    case 'deafen':
      return { kind, client, direction: random.pick(['up', 'down'] as const) };
    case 'outage':
      return { kind, client, how, forMs };
    case 'lag':
      return { kind, client, lowMs: random.between(1, 200), highMs: random.between(200, 1_500), forMs };
    case 'trickle':
      return { kind, client, rate: random.pick([0, 0.05, 1, 10]), forMs };
    case 'crash':
      return { kind, node, isTold, forMs };
    case 'drain':
      return { kind, node, forMs };
    case 'bus-trouble': {
      const loss = random.chance(0.5) ? random.float() * 0.7 : 0;
      return { kind, loss, double: random.float() * 0.5, late: random.float() * 0.5, forMs };
    }
    case 'bus-away':
      return { kind, forMs };
    case 'bus-cut':
      return { kind, node, forMs };
    case 'node-clock':
      return { kind, node, byMs };
    case 'client-clock':
      return { kind, client, byMs };
    default:
      return makeStoreFault(kind, random, { node, how, forMs, isTold });
  }
}

type StoreKind = Extract<(typeof FAULT_KINDS)[number], `database-${string}` | `redis-${string}`>;

/** What goes wrong with PostgreSQL or Redis. */
function makeStoreFault(
  kind: StoreKind,
  random: Random,
  common: {
    readonly node: number;
    readonly how: 'refuse' | 'swallow';
    readonly forMs: number;
    readonly isTold: boolean;
  },
): Fault {
  const { node, how, forMs, isTold } = common;
  switch (kind) {
    case 'database-crash':
      return { kind, forMs };
    case 'database-break':
      return { kind, node, isServerTold: isTold };
    case 'database-outage':
    case 'redis-outage':
      return { kind, node, how, forMs };
    case 'database-mute':
    case 'redis-mute':
      return { kind, node, forMs: random.between(5, 500) };
    case 'database-lag':
    case 'redis-lag':
      return { kind, node, lowMs: random.between(1, 50), highMs: random.between(50, 1_000), forMs };
    case 'database-disk':
      return { kind, lowMs: random.between(1, 50), highMs: random.between(50, 800), forMs };
    case 'redis-crash':
      return { kind, loses: isTold, forMs };
    case 'redis-stall':
      return { kind, forMs };
    case 'redis-flush':
    case 'redis-break':
      return { kind };
    case 'redis-deaf':
      return { kind, share: random.float() };
    default:
      return kind satisfies never;
  }
}
