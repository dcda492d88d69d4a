import type { Patch } from '../campaign/patch.ts';

/** A bug that is known, and put in on purpose. */
export interface Plant {
  readonly name: string;
  /** What a user of a server with this bug would meet. */
  readonly harm: string;
  readonly patches: readonly Patch[];
}

const SERVER = 'packages/server/src';
const CLIENT = 'packages/client/src';
/** What the product leaves to SQL is planted in the model of that SQL. */
const MODEL = 'packages/server/sim/database/statements';

export const PLANTS: readonly Plant[] = [
  {
    name: 'ack before commit',
    harm: 'a message is confirmed, and lost when the database goes away in that moment',
    patches: [
      {
        file: `${SERVER}/writer/writer.ts`,
        find: `const { rows } = await this.#ports.pool.query<BaseRow>(config);
      if (rows.length === 0) return undefined;
      const commit = commitOf(entries, places, rows);
      this.#ports.onBatch?.(entries.length, 'optimistic');
      this.#publish(commit, entries);`,
        replace: `const client = await this.#ports.pool.connect();
      const { rows } = await client
        .query('BEGIN')
        .then(() => client.query<BaseRow>(config))
        .catch((error: unknown) => {
          client.release(true);
          throw error;
        });
      const commit = rows.length === 0 ? null : commitOf(entries, places, rows);
      void client.query('COMMIT').then(
        () => {
          client.release();
          if (commit !== null) this.#publish(commit, entries);
        },
        () => client.release(true),
      );
      if (commit === null) return undefined;`,
      },
    ],
  },
  {
    name: 'sequence outside the transaction',
    harm: 'a number is handed out at the insert and used up when that is undone: orders have holes',
    patches: [
      {
        file: `${MODEL}/road.ts`,
        find: `    view.put('channels', id, { ...row, last_seq: num(row.last_seq) + seqs, last_rev: num(row.last_rev) + revs });
    bases.set(id, { id, seq_base: row.last_seq, rev_base: row.last_rev, at: view.nowMs });`,
        replace: `    const counters = ((view as any).counters ??= ((globalThis as any).counters ??= new Map<string, number>()));
    const base = Math.max(counters.get(id) ?? 0, num(row.last_seq));
    counters.set(id, base + seqs);
    view.put('channels', id, { ...row, last_seq: base + seqs, last_rev: num(row.last_rev) + revs });
    bases.set(id, { id, seq_base: base, rev_base: row.last_rev, at: view.nowMs });`,
      },
    ],
  },
  {
    name: 'no unique key',
    harm: 'a message that was repeated because its answer was lost is stored twice',
    patches: [
      {
        file: `${MODEL}/road.ts`,
        find: "view.insert('message_ids', keyOf(entry.channel, entry.id), { seq });",
        replace: "view.put('message_ids', keyOf(entry.channel, entry.id), { seq });",
      },
    ],
  },
  {
    name: 'repeat is answered anew',
    harm: 'a repeated message is confirmed under another number than the first time',
    patches: [
      {
        file: `${SERVER}/writer/exact.ts`,
        find: "return { kind: 'repeat', sent: { channelId: entry.channelId, id: entry.id, seq, rev, createdAt } };",
        replace:
          "return { kind: 'repeat', sent: { channelId: entry.channelId, id: entry.id, seq: seq + 1, rev: rev + 1, createdAt } };",
      },
    ],
  },
  {
    name: 'lost answer taken for a failure',
    harm: 'a message is reported as not stored although it is',
    patches: [
      {
        file: `${SERVER}/writer/writer.ts`,
        find: 'throw new AwayError(!isRefusal(error), error);',
        replace: 'throw new AwayError(isRefusal(error) && false, error);',
      },
    ],
  },
  {
    name: 'resume off by one',
    harm: 'the first message that was missed while the connection was lost never comes',
    patches: [
      {
        file: `${SERVER}/sync/sync.ts`,
        find: 'const points = asked.map(({ channel, since }) => ({ channelId: channel.id, rev: since }));',
        replace: 'const points = asked.map(({ channel, since }) => ({ channelId: channel.id, rev: since + 1 }));',
      },
    ],
  },
  {
    name: 'resume not of one moment',
    harm: 'what is committed while a client resumes comes with a number that is too old for it',
    patches: [
      {
        file: `${SERVER}/sync/sync.ts`,
        find: "return db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(work);",
        replace:
          "return db.transaction().setIsolationLevel('read committed').setAccessMode('read only').execute(work);",
      },
    ],
  },
  {
    name: 'no gap fill',
    harm: 'after one lost notice a channel stands still for everybody on a node',
    patches: [
      {
        file: `${SERVER}/hub/hub.ts`,
        find: 'if (!room.hasHole || this.#repairing.has(room)',
        replace: 'if (room.hasHole || this.#repairing.has(room)',
      },
    ],
  },
  {
    name: 'no gap fill in the client',
    harm: 'a client that misses one event shows nothing new until it is started again',
    patches: [
      {
        file: `${CLIENT}/repair.ts`,
        find: 'if (since === null) return;',
        replace: 'if (since === null || since >= 0) return;',
      },
    ],
  },
  {
    name: 'jitter before the cap',
    harm: 'after a long outage all clients come back in the same moment, again and again',
    patches: [
      {
        file: `${CLIENT}/reconnect.ts`,
        find: 'const delayMs = source.random() * ceilingMs;',
        replace:
          'const delayMs = Math.min(CAP_MS, source.random() * BASE_MS * 2 ** Math.min(attempt, 16)) + ceilingMs * 0;',
      },
    ],
  },
  {
    name: 'presence without expiry',
    harm: 'whoever was on a server that died is shown as online for ever',
    patches: [
      {
        file: `${SERVER}/presence/presence-store.ts`,
        find: 'export const LEASE_MS = 15_000;',
        replace: 'export const LEASE_MS = 15_000_000;',
      },
    ],
  },
  {
    name: 'close instead of terminate',
    harm: 'a socket that takes nothing keeps its memory, because the close waits behind what it does not take',
    patches: [
      {
        file: `${SERVER}/session/session.ts`,
        find: "const stuck = reason === 'slow' || reason === 'silent';",
        replace: 'const stuck = reason === null;',
      },
    ],
  },
  {
    name: 'stale permission cache',
    harm: 'who was removed goes on writing until he connects anew',
    patches: [
      {
        file: `${SERVER}/channels/access.ts`,
        find: 'if (this.#users.get(userId)?.roles.delete(channelId)) this.#release(channelId);',
        replace: 'if (this.#users.get(userId) === null) this.#release(channelId);',
      },
      {
        file: `${SERVER}/writer/send-statement.ts`,
        find: 'if (checkAccess) root.access =',
        replace: 'if (checkAccess && root.access === Infinity) root.access =',
      },
    ],
  },
  {
    name: 'repair keeps the removed',
    harm: 'who was removed while a node was deaf is given what was written after',
    patches: [
      {
        file: `${SERVER}/hub/hub.ts`,
        find: 'this.#endThoseWhoLeft(room, left);\n',
        replace: 'this.#endThoseWhoLeft(room, left.slice(left.length));\n',
      },
    ],
  },
  {
    name: 'limiter fails open',
    harm: 'while Redis is away anybody may send as fast as he can',
    patches: [
      {
        file: `${SERVER}/rate-limit/redis-limiter.ts`,
        find: 'const local = this.#local.take(policy, key, factor, cost);',
        replace:
          'const local = this.#isAway ? ALLOWED : this.#local.take(policy, key, factor, cost);\n    if (this.#isAway) return ALLOWED;',
      },
    ],
  },
  {
    name: 'stale cache',
    harm: 'a client that comes back is given what the cache knew, and told that it is all there is',
    patches: [
      {
        file: `${SERVER}/cache/recent-messages.ts`,
        find: 'if (window === undefined || window.top < rev) return undefined;',
        replace: 'if (window === undefined) return undefined;',
      },
      {
        file: `${SERVER}/cache/recent-window.ts`,
        find: 'return rev <= this.#top && rev >= this.#replacedAt;',
        replace: 'return rev >= this.#replacedAt;',
      },
    ],
  },
  {
    name: 'cache with a hole',
    harm: 'a change that a node was not told of is missing in what its cache gives out',
    patches: [
      {
        file: `${SERVER}/cache/window-shelf.ts`,
        find: 'for (let json = unread.get(window.top + 1); json !== undefined; json = unread.get(window.top + 1)) {',
        replace:
          'for (const [rev, heard] of [...unread].sort(([a], [b]) => a - b)) {\n    const json = heard;\n    window.extend({ floor: rev - 1 > window.top ? window.top : rev - 1, top: rev - 1, messages: [], memberRevs: [] });',
      },
    ],
  },
];
