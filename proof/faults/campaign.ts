import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { damageOf, type HistoryRecord, Random, runTrial, type TrialResult } from '@parley/load-test';
import { makeParty } from '../../packages/server/src/cli/faults/party.ts';
import { readTruth } from '../../packages/server/src/cli/faults/read-truth.ts';
import { PatientWebSocket } from '../patient-websocket.ts';
import { type FaultKind, PATIENCE } from './fault.ts';
import { Installation, type Shape } from './installation.ts';
import { makePlan, type Plan } from './plan.ts';

/** Users of a trial; with more devices some have several. */
const PEOPLE = 4;
/** How often a balancer knows which nodes are up. */
const BALANCER_KNOWS = 0.8;

/** How one trial went, as it is kept between runs. */
export interface Outcome {
  readonly seed: string;
  readonly shape: Shape;
  readonly faults: readonly string[];
  readonly ok: boolean;
  readonly recoveryMs: number | null;
  readonly durationMs: number;
  readonly records: number;
  readonly acknowledged: number;
  readonly received: number;
  readonly violations: number;
  /** The verdict in words, with what else was wrong; empty where all is well. */
  readonly story: string;
}

export interface CampaignOptions {
  readonly seed: bigint;
  readonly count: number;
  readonly only?: readonly FaultKind[] | undefined;
  /** Everything on an installation of this shape, in place of what is drawn. */
  readonly shape?: Shape | undefined;
  /** Outcomes are kept here, one a line, and a run with the same seed goes on where the last one ended. */
  readonly file: string | null;
  /** Gets every record of a trial that failed. */
  onFailure?: (outcome: Outcome, records: readonly HistoryRecord[]) => void;
  onOutcome?(outcome: Outcome, done: number): void;
}

/** Runs trials on installations that are kept from one to the next, and gives how each went, those of earlier runs included. */
export async function runCampaign(stage: Stage, options: CampaignOptions): Promise<Outcome[]> {
  const outcomes = options.file === null ? [] : readOutcomes(options.file);
  for (let index = outcomes.length; index < options.count; index++) {
    const outcome = await runOne(stage, options.seed + BigInt(index), options);
    outcomes.push(outcome);
    if (options.file !== null) keep(options.file, outcome);
    options.onOutcome?.(outcome, outcomes.length);
  }
  return outcomes.slice(0, options.count);
}

/** Forgets what an earlier run of the same seed has found. */
export function forgetOutcomes(file: string): void {
  rmSync(file, { force: true });
}

function readOutcomes(file: string): Outcome[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Outcome);
}

function keep(file: string, outcome: Outcome): void {
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, `${JSON.stringify(outcome)}\n`);
}

/** The installations of a campaign: made when they are first wanted, and anew when a trial has broken one. */
export class Stage {
  readonly #random: Random;
  readonly #installations = new Map<Shape, Promise<Installation>>();

  constructor(random: Random) {
    this.#random = random;
  }

  get(shape: Shape): Promise<Installation> {
    const found = this.#installations.get(shape);
    if (found !== undefined) return found;
    const installation = Installation.start(shape, this.#random.fork(shape));
    this.#installations.set(shape, installation);
    return installation;
  }

  async discard(shape: Shape): Promise<void> {
    const installation = await this.#installations.get(shape)?.catch(() => undefined);
    this.#installations.delete(shape);
    await installation?.stop();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#installations.keys()].map((shape) => this.discard(shape)));
  }
}

async function runOne(stage: Stage, seed: bigint, { only, shape, onFailure }: CampaignOptions): Promise<Outcome> {
  const random = new Random(seed);
  const drawn = makePlan(random.fork('plan'), only);
  const plan = shape === undefined ? drawn : { ...drawn, shape };
  const installation = await stage.get(plan.shape);
  const records: HistoryRecord[] = [];
  const result = await tryOut(installation, plan, seed, random, records);
  const troubles = [...result.troubles, ...installation.unexpectedEnds()];
  const { verdict, recoveryMs, durationMs } = result;
  const damage = damageOf({ verdict, troubles });
  const isOk = damage.violations === 0;
  const outcome: Outcome = {
    seed: String(seed),
    shape: plan.shape,
    faults: plan.faults.map(({ name }) => name),
    ok: isOk,
    recoveryMs: recoveryMs === null ? null : Math.round(recoveryMs),
    durationMs: Math.round(durationMs),
    records: verdict.records,
    acknowledged: verdict.acknowledged,
    received: verdict.received,
    ...damage,
  };
  if (!isOk) {
    onFailure?.(outcome, records);
    await stage.discard(plan.shape);
  }
  return outcome;
}

async function tryOut(
  installation: Installation,
  plan: Plan,
  seed: bigint,
  random: Random,
  records: HistoryRecord[],
): Promise<TrialResult> {
  const { db } = installation.database;
  const party = await makeParty(db, PEOPLE, `trial-${seed}-${Date.now().toString(36)}`);
  const balancer = random.fork('balancer');
  return runTrial({
    seed: String(seed),
    random,
    devices: plan.devices,
    mayRefuse: [...new Set(plan.faults.flatMap(({ mayRefuse = PATIENCE }) => mayRefuse))],
    onRecord: (record) => records.push(record),
    faults: plan.faults.map((fault, index) => ({
      kind: fault.name,
      run: (mark, devices) => fault.run({ installation, random: random.fork(`fault ${index}`), devices, mark }),
    })),
    world: {
      ...party,
      WebSocket: PatientWebSocket,
      pickUrl: () => pickUrl(installation, balancer),
      readTruth: () => readTruth(db, Object.values(party.rooms)),
    },
  });
}

function pickUrl({ nodes }: Installation, random: Random): string {
  const up = nodes.filter(({ isUp }) => isUp);
  const node = random.pick(up.length > 0 && random.chance(BALANCER_KNOWS) ? up : nodes);
  return `http://127.0.0.1:${node.door.port}`;
}
