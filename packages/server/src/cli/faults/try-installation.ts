import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  damageOf,
  FaultProxy,
  LINK_KINDS,
  Random,
  runTrial,
  type TrialFault,
  type TrialResult,
} from '@parley/load-test';
import { WebSocket } from 'ws';
import { StartError } from '../../lib/start-error.ts';
import { VERSION } from '../../lib/version.ts';
import type { Database } from '../../storage/postgres.ts';
import { readEpoch } from '../../storage/server-state.ts';
import { makeParty } from './party.ts';
import { readTruth } from './read-truth.ts';

/** What an operator breaks and mends by commands of his own. */
export interface OwnFault {
  readonly breakCommand: string;
  readonly mendCommand: string;
}

export interface TryOptions {
  /** The address of the installation, such as that of its balancer. */
  readonly url: string;
  readonly count: number;
  readonly seed: bigint;
  readonly own: readonly OwnFault[];
  onTrial?(trial: TriedFault, done: number): void;
}

/** One trial of the verdict. */
export interface TriedFault {
  readonly fault: string;
  readonly ok: boolean;
  readonly acknowledged: number;
  readonly received: number;
  readonly recoveryMs: number | null;
  /** What was found, in words; empty where all is well. */
  readonly story: string;
}

/** What was found about an installation; this is what is signed. */
export interface FaultVerdict {
  readonly url: string;
  /** Names the database. */
  readonly epoch: string;
  readonly version: string;
  readonly at: string;
  readonly seed: string;
  readonly ok: boolean;
  readonly ran: number;
  readonly violations: number;
  readonly trials: readonly TriedFault[];
}

const PEOPLE = 4;
/** Everybody does less than in our own campaigns: an installation keeps its rate limits. */
const SLOWDOWN = 4;
/** How long something stays broken. */
const BROKEN_MS = 3_000;
/** Sends may be refused with these while something is broken. */
const PATIENCE = ['busy', 'expired', 'unavailable', 'internal', 'rate_limited'];

/** Lets people talk to a test installation while links and, by commands of the operator, parts of it are broken, and judges. */
export async function tryInstallation(db: Database, options: TryOptions): Promise<FaultVerdict> {
  const random = new Random(options.seed);
  const target = new URL(options.url);
  const isSecure = target.protocol === 'https:';
  const port = Number(target.port) || (isSecure ? 443 : 80);
  const door = await FaultProxy.listen({ host: target.hostname.replace(/^\[|\]$/g, ''), port }, random.fork('door'));
  const trials: TriedFault[] = [];
  try {
    // What the operator thought of comes first: it is what he is after.
    const faults = [...options.own.map(({ breakCommand }) => breakCommand), ...LINK_KINDS.map(({ name }) => name)];
    for (let index = 0; index < options.count; index++) {
      const name = faults[index % faults.length] ?? '';
      const own = random.fork(`trial ${index}`);
      const party = await makeParty(db, PEOPLE, `verify-${Date.now().toString(36)}`, 'bot');
      const result = await runTrial({
        seed: String(options.seed),
        random: own,
        devices: PEOPLE,
        slowdown: SLOWDOWN,
        mayRefuse: PATIENCE,
        faults: [faultOf(name, door, own.fork('fault'), options.own)],
        world: {
          ...party,
          WebSocket: socketClass(target, isSecure),
          pickUrl: () => `${isSecure ? 'https' : 'http'}://127.0.0.1:${door.port}${target.pathname.replace(/\/$/, '')}`,
          readTruth: () => readTruth(db, Object.values(party.rooms)),
        },
      });
      const trial = triedFault(name, result);
      trials.push(trial);
      options.onTrial?.(trial, trials.length);
    }
  } finally {
    await door.close();
  }
  return {
    url: options.url,
    epoch: await readEpoch(db),
    version: VERSION,
    at: new Date().toISOString(),
    seed: String(options.seed),
    ok: trials.length > 0 && trials.every(({ ok }) => ok),
    ran: trials.length,
    violations: trials.filter(({ ok }) => !ok).length,
    trials,
  };
}

function triedFault(fault: string, result: TrialResult): TriedFault {
  const { verdict, recoveryMs } = result;
  const { violations, story } = damageOf(result);
  return {
    fault,
    ok: violations === 0,
    acknowledged: verdict.acknowledged,
    received: verdict.received,
    recoveryMs: recoveryMs === null ? null : Math.round(recoveryMs),
    story,
  };
}

function faultOf(name: string, door: FaultProxy, random: Random, own: readonly OwnFault[]): TrialFault {
  const kind = LINK_KINDS.find((known) => known.name === name);
  if (kind !== undefined) return { kind: name, run: (mark) => kind.run({ doors: [door], random, mark }) };
  const mendCommand = own.find(({ breakCommand }) => breakCommand === name)?.mendCommand ?? '';
  return {
    kind: name,
    async run(mark) {
      await runCommand(name);
      await new Promise((resolve) => void setTimeout(resolve, BROKEN_MS));
      await runCommand(mendCommand);
      mark();
    },
  };
}

async function runCommand(command: string): Promise<void> {
  if (command === '') return;
  const child = spawn(command, { shell: true, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return;
  throw new StartError({
    code: 'command_failed',
    message: `unable to go on; the command ended with ${code}: ${command}`,
    hint: 'Try the command by itself; it must end with 0.',
  });
}

/** The proxy is reached by address, and what is behind it is meant by name. */
function socketClass({ host, hostname }: URL, isSecure: boolean) {
  return class extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, {
        // Messages come in turns of their own, so that a log can tell what follows from which.
        allowSynchronousEvents: false,
        perMessageDeflate: false,
        handshakeTimeout: 5_000,
        headers: { host },
        ...(isSecure ? { servername: hostname } : {}),
      });
    }
  };
}
