import { Counter, Gauge, type Registry } from 'prom-client';

/** Figures that are read when somebody asks, from whoever has them. */
export interface Readings {
  connections(): number;
  /** Upgrades that wait for their turn. */
  connectsWaiting(): number;
  queue(): { readonly depth: number; readonly oldestAgeMs: number };
  outboxes(): {
    readonly blocked: number;
    readonly bytes: number;
    readonly writes: number;
    readonly droppedEphemeral: number;
    readonly slow: number;
  };
  /** Bytes that wait before sockets that do not take their data. */
  outboxBytesWaiting(): number;
  /** How far this node is behind the tops that it knows of. */
  behind(): { readonly rooms: number; readonly revs: number };
  hub(): { readonly rooms: number; readonly users: number };
  cache(): { readonly channels: number; readonly bytes: number };
  pools(): readonly {
    readonly name: string;
    readonly total: number;
    readonly idle: number;
    readonly waiting: number;
  }[];
  receiptsWaiting(): number;
  /** Changes of messages that a search does not know yet; asks the database. */
  searchLag(): Promise<number>;
  /** Age of the last verified backup; asks the database. Infinity: none yet, though they are made by themselves; NaN: none is. */
  backupAgeMs(): Promise<number>;
}

/** Adds the figures that are read on demand. */
export function watchReadings(registry: Registry, readings: Readings): void {
  // First: figures below ask the database, and whoever then looks at the pool sees their questions wait.
  watchPools(registry, readings);
  read(registry, 'parley_ws_connections', 'Open sockets.', () => readings.connections());
  read(registry, 'parley_ws_connects_waiting', 'Upgrades that wait in line.', () => readings.connectsWaiting());
  read(registry, 'parley_queue_depth', 'Sends that wait or are being written.', () => readings.queue().depth);
  read(
    registry,
    'parley_queue_oldest_age_seconds',
    'How long the oldest of them has waited.',
    () => readings.queue().oldestAgeMs / 1_000,
  );
  read(
    registry,
    'parley_outboxes_blocked',
    'Sockets that do not take their data just now.',
    () => readings.outboxes().blocked,
  );
  read(registry, 'parley_outbox_waiting_bytes', 'Bytes that wait before them.', () => readings.outboxBytesWaiting());
  total(registry, 'parley_outbox_bytes_total', 'Bytes written to sockets.', () => readings.outboxes().bytes);
  total(registry, 'parley_outbox_writes_total', 'Writes to sockets.', () => readings.outboxes().writes);
  total(
    registry,
    'parley_outbox_dropped_total',
    'Typing, presence and receipts that a slow socket did not get.',
    () => readings.outboxes().droppedEphemeral,
  );
  total(
    registry,
    'parley_sockets_cut_slow_total',
    'Sockets cut because they did not take their data.',
    () => readings.outboxes().slow,
  );
  read(registry, 'parley_rooms', 'Channels that somebody on this node hears.', () => readings.hub().rooms);
  read(
    registry,
    'parley_rooms_behind',
    'Those of which events are known that have not come.',
    () => readings.behind().rooms,
  );
  read(registry, 'parley_revs_behind', 'How many such events there are.', () => readings.behind().revs);
  read(
    registry,
    'parley_cache_channels',
    'Channels whose recent messages are in memory.',
    () => readings.cache().channels,
  );
  read(registry, 'parley_cache_bytes', 'What they take, roughly.', () => readings.cache().bytes);
  read(registry, 'parley_users_here', 'Users with a socket on this node.', () => readings.hub().users);
  read(registry, 'parley_receipts_waiting', 'Cursors that wait to be stored.', () => readings.receiptsWaiting());
  // While the database is away these are not known, and the other figures are wanted all the more.
  ask(registry, 'parley_search_lag_changes', 'Changes of messages that cannot be found yet.', () =>
    readings.searchLag(),
  );
  ask(
    registry,
    'parley_backup_last_verified_age_seconds',
    'Age of the newest backup that was read back whole, wherever it was made; +Inf when none was yet.',
    async () => (await readings.backupAgeMs()) / 1_000,
  );
}

function watchPools(registry: Registry, readings: Readings): void {
  const pool: Gauge<'pool' | 'state'> = new Gauge({
    name: 'parley_db_connections',
    help: 'Database connections by pool and state.',
    labelNames: ['pool', 'state'],
    registers: [registry],
    collect() {
      for (const { name, total: open, idle, waiting } of readings.pools()) {
        pool.set({ pool: name, state: 'open' }, open);
        pool.set({ pool: name, state: 'idle' }, idle);
        pool.set({ pool: name, state: 'awaited' }, waiting);
      }
    },
  });
}

function read(registry: Registry, name: string, help: string, value: () => number): void {
  const gauge: Gauge = new Gauge({ name, help, registers: [registry], collect: () => gauge.set(value()) });
}

/** A count that somebody else keeps. */
function total(registry: Registry, name: string, help: string, value: () => number): void {
  const counter: Counter = new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      counter.reset();
      counter.inc(value());
    },
  });
}

/** A figure that somebody else must be asked for; NaN while he does not answer. */
function ask(registry: Registry, name: string, help: string, value: () => Promise<number>): void {
  const collect = async () => gauge.set(await value().catch(() => Number.NaN));
  const gauge: Gauge = new Gauge({ name, help, registers: [registry], collect });
}
