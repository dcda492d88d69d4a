/**
 * Settings of the private PostgreSQL, for a chat on a small machine. Durability is not among them: `fsync`,
 * `synchronous_commit` and `full_page_writes` keep their safe defaults. `wal_compression=lz4` would save a third of the
 * WAL, but the packaged programs are built without lz4, and pglz costs more processor time than the WAL is worth.
 */
export const POSTGRES_SETTINGS: Readonly<Record<string, string>> = {
  // A page touched for the first time after a checkpoint is logged whole, so checkpoints are kept far apart.
  checkpoint_timeout: '15min',
  max_wal_size: '2GB',
  // Taken from memory only as pages are used.
  shared_buffers: '128MB',
  // Solid state disks; the default of 4 makes the planner shun indexes.
  random_page_cost: '1.1',
  // Compiling a query for 0.5 s to run it for 5 ms.
  jit: 'off',
  // Chat queries are short index scans; parallel ones need a shared memory that containers limit to 64 MB.
  max_parallel_workers_per_gather: '0',
  // Only we talk to it: no error of a statement is news for its log, and statements hold what people wrote.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_line_prefix: '',
  log_timezone: 'UTC',
  timezone: 'UTC',
  cluster_name: 'parley',
  max_connections: '100',
};

/** Settings as arguments of the `postgres` program. */
export function settingArguments(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
