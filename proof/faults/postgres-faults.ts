import { execFileSync } from 'node:child_process';
import type { LinkFaults } from '@parley/load-test';
import pg from 'pg';
import { processesWorkingIn } from '../../packages/server/src/embedded/process-table.ts';
import { BOTH, type FaultKind, hold, holdBetween, onLinks, type Scene } from './fault.ts';

/** Ends the sessions of the nodes, not ours. */
const END_SESSIONS = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE pid <> pg_backend_pid() AND application_name = 'parley' AND backend_type = 'client backend'`;

/** Below this a WAL segment cannot be written to its end, nor a table grow. */
const TINY_FILE_BYTES = 65_536;

function ask({ installation }: Scene, statement: string): Promise<unknown> {
  return installation.postgres.ask(statement);
}

function limitFiles({ installation }: Scene, bytes: number | 'unlimited'): void {
  const { postgres } = installation;
  for (const pid of processesWorkingIn(postgres.config.host ?? '')) {
    try {
      execFileSync('prlimit', ['--pid', `${pid}`, `--fsize=${bytes}:`], { stdio: 'ignore' });
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** PostgreSQL is asked until it answers: after a crash of its own it needs a moment. */
async function untilServing({ installation }: Scene): Promise<void> {
  for (;;) {
    try {
      await installation.postgres.ask('SELECT 1');
      return;
    } catch {
      await hold(50);
    }
  }
}

export const POSTGRES_FAULTS: readonly FaultKind[] = [
  {
    name: 'postgres-kill',
    row: 'C1',
    what: 'kill -9 of all of PostgreSQL, started again after up to 1 s',
    shapes: BOTH,
    weight: 3,
    async run(scene) {
      const { postgres } = scene.installation;
      await postgres.kill();
      await holdBetween(scene, 0, 1_000);
      await postgres.start();
      scene.mark();
    },
  },
  {
    name: 'postgres-backend-kill',
    row: 'C1',
    what: 'kill -9 of one backend, at which PostgreSQL starts all of them anew',
    shapes: BOTH,
    async run(scene) {
      const rows = await scene.installation.postgres.ask<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE application_name = 'parley' AND pid <> pg_backend_pid()`,
      );
      if (rows.length > 0) process.kill(scene.random.pick(rows).pid, 'SIGKILL');
      await hold(50);
      await untilServing(scene);
      scene.mark();
    },
  },
  {
    name: 'postgres-panic',
    row: 'C7',
    what: 'the process that flushes the log aborts, as it does when a flush fails, and PostgreSQL recovers',
    shapes: BOTH,
    async run(scene) {
      const rows = await scene.installation.postgres.ask<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'`,
      );
      for (const { pid } of rows) process.kill(pid, 'SIGABRT');
      await hold(50);
      await untilServing(scene);
      scene.mark();
    },
  },
  {
    name: 'postgres-restart',
    row: 'C2',
    what: 'a fast shutdown and a start, as an upgrade does',
    shapes: BOTH,
    async run(scene) {
      const { postgres } = scene.installation;
      process.kill(postgres.pid, scene.random.chance(0.5) ? 'SIGINT' : 'SIGQUIT');
      await postgres.ended();
      await postgres.start();
      scene.mark();
    },
  },
  {
    name: 'postgres-stop',
    row: 'C3',
    what: 'SIGSTOP of all of PostgreSQL for 1 to 6 s',
    shapes: BOTH,
    weight: 2,
    async run(scene) {
      const { postgres } = scene.installation;
      postgres.pause();
      await holdBetween(scene, 1_000, 6_000);
      postgres.resume();
      scene.mark();
    },
  },
  {
    name: 'postgres-sessions-ended',
    row: 'C4',
    what: 'pg_terminate_backend of every session of the nodes, three times',
    shapes: BOTH,
    async run(scene) {
      for (let round = 0; round < 3; round++) {
        await ask(scene, END_SESSIONS);
        await holdBetween(scene, 20, 300);
      }
      scene.mark();
    },
  },
  {
    name: 'postgres-half-open',
    row: 'C5',
    what: 'one node’s connections to PostgreSQL pass nothing for 1 to 5 s: all comes late, or is lost and reset',
    shapes: BOTH,
    weight: 2,
    run: (scene) => {
      const { toPostgres } = scene.random.pick(scene.installation.nodes);
      const isLost = scene.random.chance(0.5);
      const faults: LinkFaults = isLost ? { swallow: ['up', 'down'] } : { stall: ['up', 'down'] };
      return onLinks(scene, [toPostgres], faults, [1_000, 5_000]);
    },
  },
  {
    name: 'commit-answers-lost',
    row: 'C6',
    what: 'commits happen and their answers are lost: PostgreSQL is heard no more, and then the connections are reset',
    shapes: BOTH,
    weight: 4,
    async run(scene) {
      const { toPostgres } = scene.random.pick(scene.installation.nodes);
      for (let round = 0; round < 4; round++) {
        toPostgres.set({ swallow: ['down'] });
        await holdBetween(scene, 30, 250);
        toPostgres.heal();
        await holdBetween(scene, 30, 250);
      }
      scene.mark();
    },
  },
  {
    name: 'postgres-cut',
    row: 'D2',
    what: 'one node’s connections to PostgreSQL are reset in the middle of a message, and refused for up to 3 s',
    shapes: BOTH,
    weight: 2,
    async run(scene) {
      const { toPostgres } = scene.random.pick(scene.installation.nodes);
      toPostgres.set({ resetAfterBytes: scene.random.below(3_000) });
      await holdBetween(scene, 50, 500);
      await onLinks(scene, [toPostgres], { refuse: true }, [0, 3_000]);
    },
  },
  {
    name: 'postgres-slow',
    row: 'C9',
    what: 'PostgreSQL answers one node 20 to 200 ms late and in slices, for 2 to 4 s: commits of nodes cross',
    shapes: BOTH,
    run: (scene) => {
      const { toPostgres } = scene.random.pick(scene.installation.nodes);
      return onLinks(scene, [toPostgres], { latencyMs: 10, jitterMs: 90, sliceBytes: 600 }, [2_000, 4_000]);
    },
  },
  {
    name: 'postgres-garbled',
    row: 'C5',
    what: 'bytes that are no message on every connection to PostgreSQL',
    shapes: BOTH,
    async run(scene) {
      for (const { toPostgres } of scene.installation.nodes) toPostgres.garble();
      await hold(100);
      scene.mark();
    },
  },
  {
    name: 'postgres-disk-full',
    row: 'C8',
    what: 'no file of PostgreSQL may grow, nor its log be written, for 1 to 3 s',
    shapes: BOTH,
    async run(scene) {
      limitFiles(scene, TINY_FILE_BYTES);
      await holdBetween(scene, 1_000, 3_000);
      limitFiles(scene, 'unlimited');
      await untilServing(scene);
      // Backends that came meanwhile have the small limit from their parent.
      limitFiles(scene, 'unlimited');
      scene.mark();
    },
  },
  {
    name: 'postgres-locked',
    row: 'C10',
    what: 'a second session locks the messages for 1 to 4 s',
    shapes: BOTH,
    async run(scene) {
      const client = await scene.installation.database.pool.connect();
      try {
        await client.query('BEGIN');
        await client.query('LOCK TABLE messages IN ACCESS EXCLUSIVE MODE');
        await holdBetween(scene, 1_000, 4_000);
        await client.query('ROLLBACK');
      } finally {
        client.release();
      }
      scene.mark();
    },
  },
  {
    name: 'postgres-full',
    row: 'C11',
    what: 'somebody else has taken every connection there is, for 1 to 3 s',
    shapes: BOTH,
    async run(scene) {
      const taken: pg.Client[] = [];
      const endAt = performance.now() + scene.random.between(1_000, 3_000);
      await ask(scene, END_SESSIONS);
      while (performance.now() < endAt) {
        const client = new pg.Client(scene.installation.postgres.config);
        client.on('error', () => {});
        await client.connect().then(
          () => taken.push(client),
          () => hold(50),
        );
      }
      await Promise.all(taken.map((client) => client.end()));
      scene.mark();
    },
  },
  {
    name: 'postgres-read-only',
    row: 'C12',
    what: 'the database refuses every write for 1 to 4 s, as after a failover to a standby',
    shapes: BOTH,
    weight: 2,
    async run(scene) {
      const set = async (value: 'on' | 'off') => {
        await ask(scene, `ALTER SYSTEM SET default_transaction_read_only = ${value}`);
        await ask(scene, 'SELECT pg_reload_conf()');
      };
      await set('on');
      await holdBetween(scene, 1_000, 4_000);
      await set('off');
      scene.mark();
    },
  },
];
