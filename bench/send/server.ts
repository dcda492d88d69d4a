// The real road from socket to socket on a private PostgreSQL, and the bare statement on the same one: `server.ts CHANNELS`. Started
// with an IPC channel: says where it is, and measures the statement when asked. Accounts and rate limits are not on a send's road.
import { startTestNode } from '../../packages/server/src/testing/test-node.ts';
import { openBenchDatabase } from './database.ts';
import { measurePaced, measureStatement, type PacedRequest, type StatementRequest } from './statement.ts';

const CHANNELS = 64;

const database = await openBenchDatabase(12);
const seeded = await database.seed(Number(process.argv[2] ?? CHANNELS));
const node = await startTestNode(database);

process.on('message', (request: StatementRequest | PacedRequest) => {
  const { pool } = database;
  const measured =
    request.kind === 'closed' ? measureStatement(pool, seeded, request) : measurePaced(pool, seeded, request);
  void measured.then((figures) => process.send?.(figures));
});
process.on('SIGTERM', () => {
  void node
    .stop()
    .then(() => database.remove())
    .then(() => process.exit(0));
});
process.send?.({ url: node.url, ...seeded });
