import { sqlMigration } from './migration.ts';

/** What each node did in each interval, what was used in each hour, and who did what, found by any of its parts. */
export const createMonitoring = sqlMigration({
  expands: true,
  up: [
    `CREATE TABLE metrics_history (
       step integer NOT NULL,
       at timestamptz NOT NULL,
       node text NOT NULL,
       version text NOT NULL,
       seconds double precision NOT NULL,
       connections integer NOT NULL,
       users integer NOT NULL,
       queue_depth integer NOT NULL,
       queue_age_ms double precision NOT NULL,
       loop_delay_ms double precision NOT NULL,
       messages bigint NOT NULL,
       commands bigint NOT NULL,
       failed bigint NOT NULL,
       outbox_bytes bigint NOT NULL,
       repairs bigint NOT NULL,
       slow bigint NOT NULL,
       latency integer[] NOT NULL,
       errors jsonb NOT NULL,
       PRIMARY KEY (step, at, node)
     ) WITH (fillfactor = 70)`,
    `CREATE TABLE usage_hours (
       at timestamptz PRIMARY KEY,
       messages bigint NOT NULL,
       users bigint NOT NULL,
       channels bigint NOT NULL
     )`,
  ],
  down: ['DROP TABLE usage_hours', 'DROP TABLE metrics_history'],
  indexes: [
    // A few bytes per thousand messages, and next to nothing to keep: messages are stored about in the order of their times.
    { name: 'idx_messages_created', on: 'messages USING brin (created_at) WITH (pages_per_range = 32)' },
    { name: 'idx_audit_log_actor', on: 'audit_log (actor_id, id)' },
    { name: 'idx_audit_log_target', on: 'audit_log (target, id)' },
  ],
});
