import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { nowMs } from '../clock.ts';
import { SCENARIOS } from '../scenario.ts';
import type { Rest as RestFigures, WorkerPlan } from '../worker/messages.ts';
import { Crew, sumRests } from './crew.ts';
import { Disturber } from './disturb.ts';
import { findRate, type Step } from './find.ts';
import type { LoadOptions, Target } from './options.ts';
import { botPeople, hostPeople, type People } from './people.ts';
import { Rest } from './rest.ts';
import { type LoadResult, summarize } from './result.ts';
import { archiveRooms, makeRooms, type Room } from './rooms.ts';
import { watchServer } from './server-watch.ts';
import type { Show } from './show.ts';
import { Timeline } from './timeline.ts';
import { readStored, readTops } from './truth.ts';
import { verify } from './verify.ts';

/** Showings of messages that the history checker looks at; above it only some of the users are watched. */
const MAX_RECORDS = 2_000_000;
/** Users that are watched while the highest rate is looked for, when nobody knows how much there will be. */
const WATCHED_WHILE_FINDING = 20;
const REST_MS = 45_000;
const CONNECT_MS = 120_000;
const POLL_MS = 100;
/** Lets all workers hear of a start before it is. */
const HEAD_START_MS = 250;
const SLOW_SHARE = 10;

/** One run from an empty hand to the verdict. */
export class LoadRun {
  readonly #options: LoadOptions;
  readonly #target: Target;
  readonly #show: Show;
  readonly #rest: Rest;
  readonly #timeline = new Timeline();
  readonly #crew = new Crew(this.#timeline);
  #people: People = { persons: [], putAway: async () => {} };
  #rooms: Room[] = [];
  #directory = '';

  constructor(options: LoadOptions, target: Target, show: Show) {
    this.#options = options;
    this.#target = target;
    this.#show = show;
    this.#rest = new Rest(target.url);
  }

  /** Runs it, and leaves the server as it was, also after a failure or when `signal` says to stop. */
  async run(signal: AbortSignal): Promise<LoadResult> {
    const info = await this.#rest.call(null, 'auth.info', {});
    this.#directory = await mkdtemp(join(tmpdir(), 'parley-load-'));
    try {
      return await Promise.race([this.#play(info.version), aborted(signal)]);
    } finally {
      await this.#crew.kill();
      await rm(this.#directory, { recursive: true, force: true });
      await this.#tidyUp();
    }
  }

  async #play(version: string): Promise<LoadResult> {
    await this.#makePeopleAndRooms();
    const plans = this.#plans();
    await this.#crew.start(plans);
    await this.#connect();
    const connect = this.#crew.tally;
    const server = watchServer(this.#target.pid);
    const steps = await this.#load();
    const serverUse = server.stop();
    const rest = await this.#comeToRest();
    this.#show.phase('Collecting what everybody saw');
    await this.#crew.end();
    const stored = await readStored(this.#rest, this.#rooms, (done) =>
      this.#show.progress(`${done} of ${this.#rooms.length} channels read back`),
    );
    this.#show.phase('Checking that nothing was lost, doubled or out of order');
    const watched = plans.flatMap((plan) => plan.users.filter((user) => user.isWatched));
    const verdict = await verify({
      run: 'load',
      seed: this.#options.seed,
      spools: plans.map((plan) => plan.spoolPath),
      stored,
      expected: watched.map((user) => ({ proc: `user-${user.index}`, channels: user.rooms })),
    });
    return summarize({
      version,
      options: this.#options,
      target: this.#target,
      rooms: this.#rooms,
      stored,
      connect,
      load: this.#crew.tally,
      busiestCpu: this.#crew.busiestCpu,
      serverUse,
      moments: this.#timeline.moments(),
      rest,
      verdict,
      watched: watched.length,
      steps,
    });
  }

  async #makePeopleAndRooms(): Promise<void> {
    const { concurrentUsers, scenario } = this.#options;
    const { token, jwtSecret } = this.#target;
    this.#show.phase('Making users and channels');
    const onUser = (done: number) => this.#show.progress(`${done} of ${concurrentUsers} users`);
    this.#people =
      jwtSecret === null
        ? await botPeople(this.#rest, token, concurrentUsers, onUser)
        : await hostPeople(this.#rest, jwtSecret, concurrentUsers, onUser);
    const plans = SCENARIOS[scenario].rooms(concurrentUsers);
    this.#rooms = await makeRooms(this.#rest, token, plans, this.#people.persons, (done) =>
      this.#show.progress(`${done} of ${plans.length} channels`),
    );
  }

  #plans(): WorkerPlan[] {
    const { scenario, seed, messageBytes, workers } = this.#options;
    const socketUrl = new URL(`${this.#rest.url}/v1/socket`);
    socketUrl.protocol = socketUrl.protocol === 'https:' ? 'wss:' : 'ws:';
    const isStalling = SCENARIOS[scenario].disturbance === 'stall';
    const every = this.#watchEvery();
    const roomsOf = this.#people.persons.map(() => [] as Room['id'][]);
    for (const { id, members } of this.#rooms) for (const member of members) roomsOf[member]?.push(id);
    const users = this.#people.persons.map(({ token }, index) => ({
      index,
      token,
      rooms: roomsOf[index] ?? [],
      isWatched: index % every === 0,
      isStalling: isStalling && index % SLOW_SHARE === SLOW_SHARE - 1,
    }));
    return Array.from({ length: workers }, (_, worker) => ({
      url: socketUrl.href,
      scenario,
      seed: seed + worker,
      users: users.filter((user) => user.index % workers === worker),
      rooms: this.#rooms.map((room) => room.id),
      messageBytes,
      spoolPath: join(this.#directory, `${worker}.jsonl`),
    }));
  }

  /** Each so-many-th user is watched, so that the records stay few enough to be looked at. */
  #watchEvery(): number {
    const { concurrentUsers, isFinding } = this.#options;
    if (isFinding) return Math.max(1, Math.floor(concurrentUsers / WATCHED_WHILE_FINDING));
    return Math.max(1, Math.ceil(this.#expectedDeliveries() / MAX_RECORDS));
  }

  #expectedDeliveries(): number {
    const { messageRate, duration } = this.#options;
    const memberships = this.#rooms.reduce((sum, room) => sum + room.members.length, 0);
    // A sender takes any of the channels he is in, so a large channel is taken as often as it has members.
    const fanOut = this.#rooms.reduce((sum, room) => sum + room.members.length ** 2, 0) / Math.max(1, memberships);
    return (messageRate * duration * fanOut) / 1_000;
  }

  async #connect(): Promise<void> {
    const { concurrentUsers, rampMs } = this.#options;
    this.#show.phase('Connecting');
    const startMs = nowMs() + HEAD_START_MS;
    this.#timeline.startMs = startMs + rampMs;
    this.#crew.tell(() => ({ type: 'connect', startMs, overMs: rampMs }));
    for (let lastMs = startMs, most = 0; this.#crew.connected < concurrentUsers; ) {
      await delay(POLL_MS);
      this.#show.progress(`${this.#crew.connected} of ${concurrentUsers} sessions`);
      if (this.#crew.connected > most) [most, lastMs] = [this.#crew.connected, nowMs()];
      if (nowMs() > lastMs + CONNECT_MS) {
        const errors = JSON.stringify(this.#crew.tally.errors);
        throw new Error(`unable to connect; ${most} of ${concurrentUsers} sessions came, errors ${errors}`);
      }
    }
  }

  async #load(): Promise<Step[]> {
    const { messageRate, duration, isFinding, scenario, objective } = this.#options;
    if (isFinding) {
      this.#show.phase('Looking for the highest rate');
      return await findRate({
        crew: this.#crew,
        objective,
        firstRate: messageRate,
        stepMs: duration,
        show: this.#show,
      });
    }
    this.#crew.begin();
    this.#show.phase(messageRate === 0 ? 'Keeping quiet' : 'Under load');
    const disturber = new Disturber(SCENARIOS[scenario].disturbance, duration, this.#crew, this.#show);
    const ticker = setInterval(() => this.#showLoad(), POLL_MS);
    try {
      await Promise.all([this.#crew.play(messageRate, duration), delay(messageRate === 0 ? duration : 0)]);
    } finally {
      clearInterval(ticker);
      disturber.stop();
    }
    return [];
  }

  #showLoad(): void {
    const { counts, times } = this.#crew.tally;
    const seconds = Math.max(0, (nowMs() - this.#timeline.startMs) / 1_000).toFixed(0);
    const p99 = times.delivered.at(0.99);
    this.#show.progress(
      `${seconds} of ${this.#options.duration / 1_000} s, ${counts.acknowledged} sent, ${counts.delivered} delivered` +
        (Number.isFinite(p99) ? `, p99 ${p99.toFixed(1)} ms` : ''),
    );
  }

  async #comeToRest(): Promise<RestFigures> {
    this.#show.phase('Letting everybody catch up');
    const untilMs = nowMs() + REST_MS;
    // Acknowledged first, or the tops would not be the last ones.
    await this.#crew.ask('rest', () => ({ type: 'rest', tops: [], untilMs }));
    const tops = await readTops(this.#rest, this.#rooms);
    return sumRests(await this.#crew.ask('rest', () => ({ type: 'rest', tops, untilMs })));
  }

  async #tidyUp(): Promise<void> {
    if (this.#target.isOurs) return;
    this.#show.phase('Tidying up');
    await archiveRooms(this.#rest, this.#target.token, this.#rooms, (done) =>
      this.#show.progress(`${done} channels archived`),
    );
    await this.#people.putAway((done) => this.#show.progress(`${done} users put away`));
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(new Error('the load test was stopped'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
