import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atMost, type BenchOptions, type BenchResult, createResult, median } from './bench.ts';

export const name = 'start';
export const description = 'from the command to ready, on a fresh directory and on one that exists';

const PROGRAM = fileURLToPath(new URL('../packages/server/dist/parley.mjs', import.meta.url));

/** Starts the built server and tells how long it took until it could be used. */
async function startOnce(dataDir: string): Promise<number> {
  const startedAt = performance.now();
  const child: ChildProcess = spawn(process.execPath, [PROGRAM, 'start'], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PORT: '0',
      PARLEY_DATA_DIR: dataDir,
      PARLEY_LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const ready = new Promise<void>((resolve) => {
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('is ready')) resolve();
    });
  });
  const ended = exited.then(([code]) => {
    throw new Error(`unable to start; the server ended with ${code}`);
  });
  ended.catch(() => {});
  await Promise.race([ready, ended]);
  const ms = performance.now() - startedAt;
  child.kill('SIGTERM');
  await exited;
  return ms;
}

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const first: number[] = [];
  const again: number[] = [];
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    log(`start: round ${round + 1}`);
    const dataDir = mkdtempSync(join(tmpdir(), 'parley-bench-start-'));
    try {
      first.push(await startOnce(dataDir));
      again.push(await startOnce(dataDir));
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  }
  return createResult(name, {
    rows: [
      { what: 'first start, fresh directory', seconds: median(first) / 1_000 },
      { what: 'start on a directory that exists', seconds: median(again) / 1_000 },
    ],
    ratios: {},
    budgets: [
      atMost('first start to ready, seconds', median(first) / 1_000, 3),
      atMost('reopen to ready, seconds', median(again) / 1_000, 1),
    ],
  });
}
