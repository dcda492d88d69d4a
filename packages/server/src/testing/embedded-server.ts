// A process that runs an embedded PostgreSQL and nothing else, for tests that kill it. It takes the launcher's options
// as JSON, tells on standard output how the start went, and stops when it gets SIGTERM.

import { startEmbeddedPostgres } from '../embedded/embedded-postgres.ts';
import { StartError } from '../lib/start-error.ts';

function tell(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

const startedAt = performance.now();
try {
  const postgres = await startEmbeddedPostgres({
    ...JSON.parse(process.argv[2] ?? '{}'),
    log: (line) => process.stderr.write(`${line}\n`),
  });
  process.once('SIGTERM', () => void postgres.stop().then(() => process.exit(0)));
  void postgres.exited.then((exit) => tell({ exited: exit }));
  tell({ config: postgres.connectionConfig, version: postgres.serverVersion, startMs: performance.now() - startedAt });
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  tell({ error: { code: error.code, message: error.message, hint: error.hint } });
  process.exitCode = 1;
}
