import type { Random } from '@parley/load-test';
import type { UserId, UserView } from '@parley/protocol';
import { Kysely, PostgresDialect } from 'kysely';
import { ChannelChanges } from '../src/channels/channel-changes.ts';
import { ChannelCreation } from '../src/channels/channel-creation.ts';
import { ChannelReader } from '../src/channels/channel-reader.ts';
import { Members } from '../src/channels/members.ts';
import { channelHandlers } from '../src/commands/channel-commands.ts';
import type { Actor, Handlers } from '../src/commands/handler.ts';
import { memberHandlers } from '../src/commands/member-commands.ts';
import { messageHandlers } from '../src/commands/message-commands.ts';
import { sendMessage } from '../src/commands/send-message.ts';
import { syncHandlers } from '../src/commands/sync-commands.ts';
import { readConfig } from '../src/config/config.ts';
import { AppError } from '../src/lib/app-error.ts';
import { History } from '../src/messages/history.ts';
import { MentionResolver } from '../src/messages/mentions.ts';
import { MessageChanges } from '../src/messages/message-changes.ts';
import type { Logger } from '../src/monitoring/logger.ts';
import { buildNode, type ChatNode, type NodeRooms } from '../src/node.ts';
import type { RateLimiter } from '../src/rate-limit/rate-limiter.ts';
import { type Database, query } from '../src/storage/postgres.ts';
import type { Tables } from '../src/storage/tables.ts';
import type { DatabaseServer } from './database/database-server.ts';
import { DatabaseLink, SimPool } from './database/sim-pool.ts';
import { SimDoor } from './door.ts';
import { NodeClock } from './node-clock.ts';
import type { Scheduler } from './scheduler.ts';
import type { BusServer, SimBus } from './sim-bus.ts';
import type { Tally } from './tally.ts';

export const EPOCH = 'simulated';

/** What a node takes from the world that outlives it. */
export interface NodeWorld {
  readonly scheduler: Scheduler;
  readonly effects: Tally;
  readonly database: DatabaseServer;
  readonly busServer: BusServer;
  readonly env: Readonly<Record<string, string>>;
  readonly logger: Logger;
  /** Changes a node that has just been built: how a planted bug gets in. */
  onBuilt?(node: ChatNode<SimDoor>): void;
}

/** One life of one node: everything a server process has, and all of it gone when it dies. */
export class SimNode {
  readonly name: string;
  readonly clock: NodeClock;
  readonly link = new DatabaseLink();
  readonly bus: SimBus;
  readonly node: ChatNode<SimDoor>;
  readonly #pools: readonly SimPool[];

  constructor(name: string, world: NodeWorld, random: Random) {
    this.name = name;
    const { scheduler, database, busServer, effects } = world;
    this.clock = new NodeClock(scheduler);
    this.bus = busServer.join();
    // The model of the database knows the statements of the plain reads; the cache is proven against a real one.
    const config = readConfig({ ...world.env, PARLEY_CACHE_MESSAGE_LIMIT: '0' });
    const ports = { server: database, link: this.link, clock: this.clock, random, effects };
    const pool = (max: number) => new SimPool(ports, max);
    const [reader, writer] = [pool(config.databasePool), pool(config.writerLanes)];
    this.#pools = [reader, writer];
    const db: Database = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: reader.asPool() }) });
    this.node = buildNode(
      {
        name,
        config,
        clock: this.clock,
        loop: this.clock,
        logger: world.logger,
        db,
        writerPool: writer.asPool(),
        bus: this.bus,
        limiter: openLimiter,
        durability: 'disk',
        epoch: EPOCH,
        random: () => random.float(),
        factorOf: () => 1,
        authenticate: (token) => authenticate(db, token),
        recheck: (actors) => Promise.resolve(new Map(actors.map((actor) => [actor.credentialId, actor]))),
        recheckOne: (actor) => Promise.resolve(actor),
        handlersOf,
      },
      (door) => new SimDoor(door),
    );
    world.onBuilt?.(this.node);
  }

  get door(): SimDoor {
    return this.node.gateway;
  }

  /** The process dies. Its machine tells the others so, or, when the machine died with it, nobody does. */
  crash(isTold: boolean): void {
    this.clock.isAlive = false;
    for (const connection of this.door.all) connection.orphan(isTold);
    for (const pool of this.#pools) pool.abandon(isTold);
    void this.bus.close();
    this.bus.onPayload = () => {};
  }

  /** Every connection to the database breaks. */
  breakDatabase(isServerTold: boolean): void {
    for (const pool of this.#pools) pool.breakAll(isServerTold);
  }

  /** Leaves as an operator would have it. */
  async drain(spreadMs: number): Promise<void> {
    await this.node.drain(spreadMs);
    this.node.close();
    this.crash(true);
  }
}

/** Rates are not what is simulated here. */
const openLimiter: RateLimiter = { take: () => ({ allowed: true }) };

function handlersOf(rooms: NodeRooms): Handlers {
  const { db, changes, fanout } = rooms;
  const mentions = new MentionResolver(db);
  const members = new Members(changes);
  const channelReader = new ChannelReader(db, fanout);
  const nothing = () => ({});
  // Only what the simulated clients ask for; the rest has tests of its own.
  return {
    ...channelHandlers({
      members,
      channelReader,
      channelCreation: new ChannelCreation(db, fanout),
      channelChanges: new ChannelChanges(changes),
    }),
    ...memberHandlers({ members, channelReader }),
    ...messageHandlers({ history: new History(db), messageChanges: new MessageChanges(changes, mentions) }),
    ...syncHandlers(rooms),
    'message.send': sendMessage({ ...rooms, mentions, attachments: { claim: () => Promise.resolve([]) } }),
    'receipt.delivered': nothing,
    'receipt.read': nothing,
  } as Partial<Handlers> as Handlers;
}

async function authenticate(db: Database, token: string): Promise<{ actor: Actor; user: UserView } | AppError> {
  const rows = await query<UserView>(
    db,
    `SELECT id, username, display_name AS "displayName", kind, role FROM users WHERE id = $1 AND deactivated_at IS NULL`,
    [token as UserId],
  );
  const user = rows[0];
  if (user === undefined) return new AppError('unauthenticated', 'unable to accept the token; it is unknown');
  return {
    user,
    actor: {
      userId: user.id,
      serverRole: user.role,
      kind: user.kind,
      credentialId: token,
      credential: 'local',
      scopes: null,
      address: '',
      expiresAt: null,
    },
  };
}
