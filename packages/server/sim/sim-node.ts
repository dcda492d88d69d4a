import type { Random } from '@parley/load-test';
import type { UserId } from '@parley/protocol';
import { Kysely, PostgresDialect } from 'kysely';
import { readConfig } from '../src/config/config.ts';
import type { Logger } from '../src/monitoring/logger.ts';
import { buildNode } from '../src/node.ts';
import type { ChatNode, NodeRooms } from '../src/node-ports.ts';
import { PRESENCE_TOPIC } from '../src/presence/presence-room.ts';
import type { Database } from '../src/storage/postgres.ts';
import type { Tables } from '../src/storage/tables.ts';
import { type ClusterWay, joinModelBus, joinRedis } from './cluster-way.ts';
import type { DatabaseServer } from './database/database-server.ts';
import { DatabaseLink, SimPool } from './database/sim-pool.ts';
import { SimDoor } from './door.ts';
import { NodeClock } from './node-clock.ts';
import { authenticate, buildSideRooms, handlersOf, type SideRooms } from './node-rooms.ts';
import type { RedisServer } from './redis/redis-server.ts';
import type { Scheduler } from './scheduler.ts';
import type { BusServer } from './sim-bus.ts';
import type { Tally } from './tally.ts';

export const EPOCH = 'simulated';

/** What a node takes from the world that outlives it. */
export interface NodeWorld {
  readonly scheduler: Scheduler;
  readonly effects: Tally;
  readonly database: DatabaseServer;
  readonly busServer: BusServer;
  /** Null where a model of a bus joins the nodes. */
  readonly redis: RedisServer | null;
  readonly env: Readonly<Record<string, string>>;
  readonly logger: Logger;
  /** A send of this user has passed the limiter of a node. */
  onSend(node: string, userId: UserId): void;
}

/** One life of one node: everything a server process has, and all of it gone when it dies. */
export class SimNode {
  readonly name: string;
  readonly clock: NodeClock;
  readonly link = new DatabaseLink();
  readonly way: ClusterWay;
  readonly node: ChatNode<SimDoor>;
  readonly #pools: readonly SimPool[];
  #side: SideRooms | null = null;

  constructor(name: string, world: NodeWorld, random: Random) {
    this.name = name;
    const { scheduler, database, effects, logger } = world;
    this.clock = new NodeClock(scheduler);
    const { clock, link } = this;
    const config = readConfig(world.env);
    this.way =
      world.redis === null
        ? joinModelBus(world.busServer, config, clock)
        : joinRedis({ server: world.redis, nodeName: name, config, clock, random: random.fork('redis'), effects });
    const pool = (max: number) => new SimPool({ server: database, link, clock, random, effects }, max);
    const [reader, writer] = [pool(config.databasePool), pool(config.writerLanes)];
    this.#pools = [reader, writer];
    const db: Database = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: reader.asPool() }) });
    this.node = buildNode(
      {
        name,
        config,
        clock,
        loop: clock,
        logger,
        db,
        writerPool: writer.asPool(),
        bus: this.way.bus,
        link: this.way.link,
        limiter: this.way.limiter,
        durability: 'disk',
        epoch: EPOCH,
        random: () => random.float(),
        factorOf: () => 1,
        authenticate: (token) => authenticate(db, token),
        recheck: (actors) => Promise.resolve(new Map(actors.map((actor) => [actor.credentialId, actor]))),
        recheckOne: (actor) => Promise.resolve(actor),
        handlersOf: (rooms) => this.#handlersOf(rooms, db, world),
        onCommit: (entries) => {
          for (const { senderId, channelId } of entries) this.#side?.typing.sent(senderId, channelId);
        },
        onReady: (session) => this.#side?.presence.opened(session),
        onGone: (session) => this.#side?.presence.gone(session),
        onLeft: (userIds) => void this.#side?.presence.left(userIds),
        onNodeNotice: (topic, payload) => {
          if (topic === PRESENCE_TOPIC) this.#side?.presence.noticed(payload);
        },
      },
      (door) => new SimDoor(door),
    );
  }

  get door(): SimDoor {
    return this.node.gateway;
  }

  /** The process dies. Its machine tells the others so, or, when the machine died with it, nobody does. */
  crash(isTold: boolean): void {
    this.clock.isAlive = false;
    for (const connection of this.door.all) connection.orphan(isTold);
    for (const pool of this.#pools) pool.abandon(isTold);
    this.way.abandon();
  }

  /** Every connection to the database breaks. */
  breakDatabase(isServerTold: boolean): void {
    for (const pool of this.#pools) pool.breakAll(isServerTold);
  }

  /** Leaves as an operator would have it. */
  async drain(spreadMs: number): Promise<void> {
    await this.node.drain({ spreadMs });
    this.node.close();
    await this.#side?.presence.drain();
    this.crash(true);
  }

  #handlersOf(rooms: NodeRooms, db: Database, world: NodeWorld) {
    const { name, clock } = this;
    const { link } = this.way;
    const onError = (error: unknown) => world.logger.error({ err: error }, 'a fault of presence');
    this.#side = link === undefined ? null : buildSideRooms({ name, db, link, clock }, rooms, onError);
    return handlersOf(rooms, this.#side, (userId) => world.onSend(name, userId));
  }
}
