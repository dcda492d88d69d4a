import { RealPostgres } from '../../packages/server/src/testing/real-postgres.ts';
import { atMost, type BenchOptions, type BenchResult, createResult, type Row } from '../bench.ts';
import { backUpUnderLoad, type Proof, type ProofOptions } from './under-load.ts';

export const name = 'backup';
export const description =
  'a backup while 1,000 messages are sent a second: what is in it, and what it costs who sends';

const RATE = 1_000;
const WAYS = {
  command: '`parley backup` beside the server',
  schedule: 'a scheduled one, by the server',
} as const;

export async function run({ quick, log, size }: BenchOptions): Promise<BenchResult> {
  const history = size ?? (quick ? 50_000 : 1_000_000);
  const proofs: Proof[] = [];
  const rows: Row[] = [];
  for (const by of ['command', 'schedule'] as const) {
    log(`backup: ${WAYS[by]}, ${history.toLocaleString('en')} messages there before`);
    const proof = await prove({ rate: RATE, quietMs: quick ? 3_000 : 10_000, history, by });
    proofs.push(proof);
    rows.push({
      way: WAYS[by],
      per_second: proof.perSecond,
      seconds: proof.backupMs / 1_000,
      MB: proof.backupBytes / 1_000_000,
      before: proof.before,
      missing: proof.missing,
      doubled: proof.doubled,
      sound: proof.sound,
      p50_quiet_ms: proof.quiet.p50Ms,
      p99_quiet_ms: proof.quiet.p99Ms,
      p50_during_ms: proof.during.p50Ms,
      p99_during_ms: proof.during.p99Ms,
    });
  }
  const sum = (pick: (proof: Proof) => number) => proofs.reduce((total, proof) => total + pick(proof), 0);
  const wrong = sum(({ missing, doubled, invented, sound }) => missing + doubled + invented + (sound ? 0 : 1));
  return createResult(name, {
    rows,
    ratios: {},
    budgets: [
      atMost('acknowledged before the backup and not in it once, or anything unsound', wrong, 0),
      atMost(
        'sends that were refused or not acknowledged',
        sum(({ sent, acknowledged }) => sent - acknowledged),
        0,
      ),
    ],
  });
}

async function prove(options: Omit<ProofOptions, 'source' | 'target'>): Promise<Proof> {
  const postgres = await RealPostgres.start();
  try {
    await postgres.ask('CREATE DATABASE elsewhere');
    const url = new URL(postgres.url);
    url.pathname = '/elsewhere';
    const target = { url: url.href, config: { ...postgres.config, database: 'elsewhere' } };
    return await backUpUnderLoad({ ...options, source: postgres, target });
  } finally {
    await postgres.stop();
  }
}
