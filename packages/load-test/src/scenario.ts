/** A channel of a run, and who is in it: the numbers of the users. */
export interface RoomPlan {
  readonly kind: 'private' | 'direct';
  readonly members: readonly number[];
}

/** What a run does beyond sending: all lose their sockets at once, or some stop reading for a while. */
export type Disturbance = 'none' | 'cut' | 'stall';

/** One kind of load. */
export interface Scenario {
  readonly summary: string;
  readonly concurrentUsers: number;
  /** Messages a second over all users. */
  readonly messageRate: number;
  readonly messageBytes: number;
  readonly disturbance: Disturbance;
  /** How the rate moves: the factor at a moment, in milliseconds from the start; 1 on the average. */
  factorAt(elapsedMs: number): number;
  rooms(users: number): RoomPlan[];
}

/** People of a usual channel. */
const ROOM_SIZE = 20;
/** Channels each user of `many-channels` is in. */
const MANY_CHANNELS = 30;
/** A burst of a second, then quiet. */
const BURST_EVERY_MS = 5_000;
const BURST_MS = 1_000;
const BURST_FACTOR = 3;

const steady = {
  concurrentUsers: 200,
  messageRate: 50,
  messageBytes: 120,
  disturbance: 'none',
  factorAt: () => 1,
  rooms: roomsOfNeighbours,
} as const satisfies Omit<Scenario, 'summary'>;

export const SCENARIOS = {
  steady: { ...steady, summary: 'channels of 20, each user in two, messages at an even rate' },
  burst: {
    ...steady,
    summary: 'as steady, with three times the rate for a second out of five',
    factorAt: (elapsedMs: number) =>
      elapsedMs % BURST_EVERY_MS < BURST_MS
        ? BURST_FACTOR
        : (BURST_EVERY_MS - BURST_FACTOR * BURST_MS) / (BURST_EVERY_MS - BURST_MS),
  },
  'big-channel': {
    ...steady,
    summary: 'everybody in one channel',
    concurrentUsers: 1_000,
    messageRate: 20,
    rooms: (users) => [{ kind: 'private', members: Array.from({ length: users }, (_, user) => user) }],
  },
  'many-channels': {
    ...steady,
    summary: `each user in ${MANY_CHANNELS} channels of 20, messages spread over all of them`,
    rooms: manyRooms,
  },
  'direct-messages': { ...steady, summary: 'pairs who write to each other, each user with two others', rooms: pairs },
  'reconnect-storm': {
    ...steady,
    summary: 'as steady; twice, all sockets break at once and everybody comes back',
    concurrentUsers: 500,
    disturbance: 'cut',
  },
  'slow-readers': {
    ...steady,
    summary: 'one user in ten stops reading for half of the time; figures are those of the others',
    messageBytes: 2_000,
    disturbance: 'stall',
    rooms: (users) => [{ kind: 'private', members: Array.from({ length: users }, (_, user) => user) }],
  },
  idle: {
    ...steady,
    summary: 'everybody connects and says nothing',
    concurrentUsers: 1_000,
    messageRate: 0,
  },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;

export const SCENARIO_NAMES = Object.keys(SCENARIOS) as ScenarioName[];

/** Rooms of people in a row, and rooms of people who are far from each other. */
function roomsOfNeighbours(users: number): RoomPlan[] {
  const count = Math.max(1, Math.ceil(users / ROOM_SIZE));
  const rows = groupBy(users, (user) => Math.floor(user / ROOM_SIZE));
  return count === 1 ? rows : [...rows, ...groupBy(users, (user) => user % count)];
}

/** Each room takes every so-many-th user, by a different step each time. */
function manyRooms(users: number): RoomPlan[] {
  const size = Math.min(ROOM_SIZE, users);
  const count = Math.ceil((users * MANY_CHANNELS) / size);
  return Array.from({ length: count }, (_, room) => {
    const step = 1 + (Math.floor((room * size) / users) % Math.max(1, Math.floor(users / size)));
    const members = Array.from({ length: size }, (_unused, place) => (room * size + place * step) % users);
    return { kind: 'private', members: [...new Set(members)] };
  });
}

function pairs(users: number): RoomPlan[] {
  if (users < 2) throw new Error('unable to pair the users; there is only one');
  return Array.from({ length: users === 2 ? 1 : users }, (_, user) => ({
    kind: 'direct',
    members: [user, (user + 1) % users],
  }));
}

function groupBy(users: number, groupOf: (user: number) => number): RoomPlan[] {
  const groups = new Map<number, number[]>();
  for (let user = 0; user < users; user++) {
    const members = groups.get(groupOf(user)) ?? [];
    groups.set(groupOf(user), members);
    members.push(user);
  }
  return [...groups.values()].map((members) => ({ kind: 'private', members }));
}
