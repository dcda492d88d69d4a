import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { damageOf, type HistoryRecord, Random, runTrial } from '@parley/load-test';
import { makeParty } from '../../packages/server/src/cli/faults/party.ts';
import { readTruth } from '../../packages/server/src/cli/faults/read-truth.ts';
import { openPostgres } from '../../packages/server/src/storage/postgres.ts';
import { RealPostgres } from '../../packages/server/src/testing/real-postgres.ts';
import { type ServerProcess, serverProcess } from '../../packages/server/src/testing/server-process.ts';
import { PatientWebSocket } from '../patient-websocket.ts';

const METRICS_TOKEN = 'a token of the soak alone';
const HOUR_MS = 3_600_000;
/** The first samples tell of warming up, not of leaks. */
const WARM_UP_SHARE = 0.2;
/** Below this many hours the memory of the engine has not settled, and its slope says nothing. */
const MIN_HOURS_FOR_SLOPE = 0.5;
const MAX_MEMORY_SLOPE = 1_048_576;
/** What may be held at rest above the first sample: pools open connections as they need them. */
const MAX_MORE_DESCRIPTORS = 15;
const MAX_MORE_TIMERS = 10;
/** How long the server has to come to rest after everybody has gone. */
const REST_LIMIT_MS = 20_000;

/** What a server holds when nobody is there. */
export interface Sample {
  /** Names the life of the server: a run that was resumed has several. */
  readonly life: string;
  readonly hours: number;
  readonly memoryBytes: number;
  readonly heapBytes: number;
  readonly descriptors: number;
  readonly timers: number;
  /** Of the shift before. */
  readonly loopDelayP99Ms: number;
  readonly acknowledged: number;
  readonly violations: number;
  /** What was broken, in words; empty where all is well. */
  readonly story: string;
}

export interface SoakReport {
  readonly hours: number;
  readonly shifts: number;
  readonly acknowledged: number;
  readonly violations: number;
  /** Bytes per hour, by the least squares through all samples after the warm-up; null for a run too short to tell. */
  readonly memorySlope: number | null;
  readonly troubles: readonly string[];
}

export interface SoakOptions {
  readonly hours: number;
  /** How long people talk before all leave and what is held is looked at. */
  readonly shiftMs: number;
  readonly devices: number;
  /** Samples are kept here, one a line, and a run goes on where the last one ended; null: nowhere. */
  readonly file: string | null;
  onSample?(sample: Sample): void;
}

/** Lets people come, talk and go, shift after shift, and looks at what stays when they have gone. */
export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const samples = options.file === null ? [] : readSamples(options.file);
  const postgres = await RealPostgres.start();
  const server = await serverProcess(postgres.url, { PARLEY_METRICS_TOKEN: METRICS_TOKEN, PARLEY_LOG_LEVEL: 'error' });
  const database = openPostgres({
    connection: postgres.config,
    maxConnections: 2,
    statementTimeoutMs: 20_000,
    onError: () => {},
  });
  try {
    await server.start();
    const life = String(server.pid());
    const before = samples.at(-1)?.hours ?? 0;
    const startedAt = performance.now();
    for (let shift = samples.length; (samples.at(-1)?.hours ?? 0) < options.hours; shift++) {
      const records: HistoryRecord[] = [];
      const result = await runShift(server, database.db, shift, options, records);
      const held = await heldAtRest(server);
      const hours = before + (performance.now() - startedAt) / HOUR_MS;
      const { acknowledged } = result.verdict;
      const sample: Sample = { life, hours, acknowledged, ...damageOf(result), ...held };
      samples.push(sample);
      if (options.file !== null) keep(options.file, sample);
      if (options.file !== null && sample.violations > 0) keepHistory(options.file, shift, records);
      options.onSample?.(sample);
    }
    return reportOf(samples, server.pid() === Number(life));
  } finally {
    await server.kill();
    await database.close();
    await postgres.stop();
  }
}

type Held = Pick<Sample, 'memoryBytes' | 'heapBytes' | 'descriptors' | 'timers' | 'loopDelayP99Ms'>;

async function runShift(
  server: ServerProcess,
  db: Parameters<typeof makeParty>[0],
  shift: number,
  { shiftMs, devices }: SoakOptions,
  records: HistoryRecord[],
) {
  const party = await makeParty(db, Math.ceil(devices / 2), `shift-${shift}-${Date.now().toString(36)}`);
  return runTrial({
    seed: String(shift),
    random: new Random(BigInt(shift)),
    devices,
    mayRefuse: [],
    onRecord: (record) => records.push(record),
    faults: [
      {
        kind: 'nothing',
        run: async (mark) => {
          await new Promise((resolve) => void setTimeout(resolve, shiftMs));
          mark();
        },
      },
    ],
    world: {
      ...party,
      WebSocket: PatientWebSocket,
      pickUrl: () => server.url,
      readTruth: () => readTruth(db, Object.values(party.rooms)),
    },
  });
}

/** Waits until all sockets are gone, and reads what the server tells of itself. */
async function heldAtRest(server: ServerProcess): Promise<Held> {
  const deadline = performance.now() + REST_LIMIT_MS;
  for (;;) {
    const metrics = await readMetrics(server);
    if (metrics('parley_ws_connections') === 0 || performance.now() > deadline) {
      return {
        memoryBytes: metrics('process_resident_memory_bytes'),
        heapBytes: metrics('nodejs_heap_size_used_bytes'),
        descriptors: metrics('process_open_fds'),
        timers: metrics('nodejs_active_resources', 'Timeout'),
        loopDelayP99Ms: metrics('nodejs_eventloop_lag_p99_seconds') * 1_000,
      };
    }
    await new Promise((resolve) => void setTimeout(resolve, 100));
  }
}

async function readMetrics(server: ServerProcess): Promise<(name: string, type?: string) => number> {
  const response = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${METRICS_TOKEN}` } });
  const lines = (await response.text()).split('\n');
  return (name, type) => {
    const wanted =
      type === undefined ? new RegExp(`^${name}(\\{[^}]*\\})? `) : new RegExp(`^${name}\\{type="${type}"[^}]*\\} `);
    const line = lines.find((one) => wanted.test(one));
    return line === undefined ? 0 : Number(line.split(' ').at(-1));
  };
}

/** Judges the samples of a run. */
export function reportOf(samples: readonly Sample[], isAlive: boolean): SoakReport {
  const hours = samples.at(-1)?.hours ?? 0;
  const troubles = isAlive ? [] : ['the server ended by itself'];
  for (const life of new Set(samples.map((sample) => sample.life))) {
    const own = samples.filter((sample) => sample.life === life);
    const [first, last] = [own[0], own.at(-1)];
    if (first === undefined || last === undefined) continue;
    if (last.descriptors > first.descriptors + MAX_MORE_DESCRIPTORS)
      troubles.push(`descriptors at rest grew from ${first.descriptors} to ${last.descriptors}`);
    if (last.timers > first.timers + MAX_MORE_TIMERS)
      troubles.push(`timers at rest grew from ${first.timers} to ${last.timers}`);
  }
  const memorySlope =
    hours < MIN_HOURS_FOR_SLOPE ? null : slopeOf(samples.slice(Math.floor(samples.length * WARM_UP_SHARE)));
  if (memorySlope !== null && memorySlope > MAX_MEMORY_SLOPE)
    troubles.push(`memory at rest grows by ${Math.round(memorySlope / 1_024)} KiB an hour`);
  const sum = (pick: (sample: Sample) => number) => samples.reduce((total, sample) => total + pick(sample), 0);
  return {
    hours,
    shifts: samples.length,
    acknowledged: sum(({ acknowledged }) => acknowledged),
    violations: sum(({ violations }) => violations),
    memorySlope,
    troubles,
  };
}

/** Bytes per hour of the straight line through the samples. */
function slopeOf(samples: readonly Sample[]): number {
  const mean = (pick: (sample: Sample) => number) =>
    samples.reduce((sum, sample) => sum + pick(sample), 0) / samples.length;
  const [x, y] = [mean(({ hours }) => hours), mean(({ memoryBytes }) => memoryBytes)];
  let above = 0;
  let below = 0;
  for (const { hours, memoryBytes } of samples) {
    above += (hours - x) * (memoryBytes - y);
    below += (hours - x) ** 2;
  }
  return below === 0 ? 0 : above / below;
}

/** What everybody saw in a shift that was broken: it does not happen again by itself. */
function keepHistory(file: string, shift: number, records: readonly HistoryRecord[]): void {
  const lines = records.map((record) => JSON.stringify(record));
  writeFileSync(`${file.replace(/\.jsonl$/, '')}-broken-${shift}.history.jsonl`, `${lines.join('\n')}\n`);
}

function readSamples(file: string): Sample[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Sample);
}

function keep(file: string, sample: Sample): void {
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, `${JSON.stringify(sample)}\n`);
}
