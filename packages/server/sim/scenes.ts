import type { Random } from '@parley/load-test';
import type { Happening, Shape } from './happening.ts';

/** Things that do harm only together and in order, and seldom meet by chance. */
type Scene = (random: Random, shape: Shape, atMs: number) => readonly Happening[];

/** Sends are stored, their node does not hear of it, and then it is cut off for longer than an entry may wait. */
const lostAnswers: Scene = (random, shape, atMs) => {
  const node = random.below(shape.nodes);
  const outage = { atMs: atMs + 400, node, how: 'refuse', forMs: random.between(5_500, 9_000) } as const;
  return [
    { kind: 'database-mute', atMs, node, forMs: 500 },
    ...sendsOfAll(random, shape, atMs),
    { kind: 'database-outage', ...outage },
    // Else another node takes what waits there.
    ...(shape.cluster === 'redis' ? [{ kind: 'redis-outage', ...outage } as const] : []),
    // What others write behind it shows them that something came before.
    ...sendsOfAll(random, shape, atMs + 1_000),
  ];
};

/** Somebody is removed, and more is written, while nodes hear nothing: they learn of both at once. */
const unheardRemoval: Scene = (random, shape, atMs) => {
  const channel = random.below(shape.channels);
  const removedAtMs = atMs + random.between(10, 300);
  // Users take turns at the clients, so the first two clients are those of the two who may remove others.
  const user = shape.users > 2 ? 2 + random.below(shape.users - 2) : 1;
  return [
    ...deafness(random, shape, atMs),
    { kind: 'kick', atMs: removedAtMs, client: user === 1 ? 0 : random.below(2), channel, user },
    ...Array.from({ length: 2 + random.below(4) }, (): Happening => {
      const sentAtMs = removedAtMs + random.between(0, 1_500);
      return { kind: 'send', atMs: sentAtMs, client: random.below(2), channel, count: 1, mentions: false };
    }),
  ];
};

/** Clients come back again and again while much is committed, and the database takes its time between two reads. */
const busyResumes: Scene = (random, shape, atMs) => {
  const forMs = 4_000;
  const within = () => atMs + random.between(0, forMs);
  const clients = Array.from({ length: shape.clients }, (_, client) => client);
  return [
    ...Array.from({ length: shape.nodes }, (_, node): Happening => {
      return { kind: 'database-lag', atMs, node, lowMs: 5, highMs: 100, forMs };
    }),
    ...clients.flatMap((client) =>
      [0, 1, 2].map((): Happening => ({ kind: 'cut', atMs: within(), client, how: 'reset' })),
    ),
    ...Array.from({ length: 30 }, (): Happening => {
      const [client, channel] = [random.below(shape.clients), random.below(shape.channels)];
      return { kind: 'send', atMs: within(), client, channel, count: 1, mentions: false };
    }),
  ];
};

/** Redis is away, and everybody says far more at once than he may: what counts over all nodes cannot be asked. */
const uncountedFloods: Scene = (random, shape, atMs) => {
  const forMs = random.between(4_000, 8_000);
  const how = random.pick(['refuse', 'swallow'] as const);
  const isRedis = shape.cluster === 'redis';
  return [
    ...Array.from({ length: shape.nodes }, (_, node): Happening => {
      return isRedis ? { kind: 'redis-outage', atMs, node, how, forMs } : { kind: 'bus-cut', atMs, node, forMs };
    }),
    ...Array.from({ length: shape.clients }, (_, client): Happening => {
      const [channel, count] = [random.below(shape.channels), 30 + random.below(20)];
      return { kind: 'flood', atMs: atMs + random.between(500, forMs - 1_000), client, channel, count };
    }),
  ];
};

function deafness(random: Random, { cluster, nodes }: Shape, atMs: number): Happening[] {
  if (cluster === 'redis') return [{ kind: 'redis-deaf', atMs, share: 1 }];
  const forMs = random.between(1_000, 3_000);
  return Array.from({ length: nodes }, (_, node): Happening => ({ kind: 'bus-cut', atMs, node, forMs }));
}

/** Whichever clients are at that node, they write. */
function sendsOfAll(random: Random, { clients, channels }: Shape, atMs: number): Happening[] {
  return Array.from({ length: clients }, (_, client): Happening => {
    const channel = random.below(channels);
    return { kind: 'send', atMs: atMs + random.between(0, 300), client, channel, count: 1, mentions: false };
  });
}

const SCENES: readonly Scene[] = [lostAnswers, unheardRemoval, busyResumes, uncountedFloods];
/** How many worlds have a scene: often enough to be met, and most worlds stay what chance makes of them. */
const SCENE_SHARE = 0.4;

/** What happens in a world by design, if anything. */
export function planScene(random: Random, shape: Shape): readonly Happening[] {
  if (!random.chance(SCENE_SHARE)) return [];
  return random.pick(SCENES)(random, shape, random.between(500, shape.durationMs / 2));
}
