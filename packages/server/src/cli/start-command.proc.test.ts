import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { processesWorkingIn } from '../embedded/process-table.ts';
import { runServerCommand } from '../testing/server-process.ts';

test('a start on a port that is taken says so, and ends with all that it had started', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-start-'));
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  onTestFinished(() => {
    taken.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const { port } = taken.address() as AddressInfo;
  const env = { HOST: '127.0.0.1', PORT: String(port), PARLEY_DATA_DIR: dataDir };
  const start = runServerCommand(['start'], env);
  await expect(start).rejects.toThrow(/ended with 1:[\s\S]*another program does[\s\S]*choose another port with PORT/);
  expect(processesWorkingIn(join(dataDir, 'postgres'))).toEqual([]);
});
