import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { ParleyError } from '@parley/client';
import { Command, Option } from 'commander';
import { formatHtml } from '../report/html.ts';
import { formatScreen } from '../report/screen.ts';
import { TerminalShow } from '../report/terminal-show.ts';
import { LoadRun } from '../run/load-run.ts';
import type { LoadOptions, Target } from '../run/options.ts';
import type { LoadResult } from '../run/result.ts';
import { SCENARIO_NAMES, SCENARIOS, type ScenarioName } from '../scenario.ts';
import { targetAt } from './target.ts';
import { readCount, readRate, readShare, readTimeMs } from './units.ts';

/** How the command ended, for the shell. */
const EXIT = { held: 0, failed: 1 } as const;
const DURATION_MS = 20_000;
/** A step of a search: long enough for a few thousand messages, short enough for a dozen of them. */
const STEP_MS = 6_000;
/** Users who connect in a second while nobody says otherwise; a storm is a scenario of its own. */
const RAMP_PER_SECOND = 200;
const FIND_FIRST_RATE = 100;
const REPORT = 'parley-load.html';

/** A server started for one run; gone with all its data after `stop`. */
export interface OwnServer {
  readonly url: string;
  /** The one-time token that makes the owner. */
  readonly ownerToken: string;
  readonly jwtSecret: string;
  readonly pid: number | null;
  stop(): Promise<void>;
}

interface Flags {
  readonly url?: string;
  readonly token?: string;
  readonly jwtSecret?: string;
  readonly self?: true;
  readonly scenario: ScenarioName;
  readonly users?: number;
  readonly rate?: number;
  readonly duration?: number;
  readonly ramp?: number;
  readonly workers?: number;
  readonly size?: number;
  readonly seed: number;
  readonly find?: true;
  readonly p99?: number;
  readonly errorRate?: number;
  readonly json?: string;
  readonly html: string | false;
}

/** `parley load`, and the program `parley-load`; `startServer` is what `--self` starts, where there is something to start. */
export function loadCommand(startServer?: () => Promise<OwnServer>): Command {
  const command = new Command('load')
    .description('Put a server under load, and prove that nothing was lost')
    .addOption(new Option('--url <url>', 'server to load, or the owner link of a new one').env('PARLEY_URL'))
    .addOption(new Option('--token <token>', 'token of an owner or admin, who makes the users').env('PARLEY_TOKEN'))
    .addOption(
      new Option('--jwt-secret <secret>', 'make the users by JWTs, on a server with this PARLEY_JWT_SECRET').env(
        'PARLEY_JWT_SECRET',
      ),
    );
  if (startServer !== undefined)
    command.option('--self', 'start a server for this run alone; the default without --url');
  return withLoadOptions(command).action(async (flags: Flags) => {
    process.exitCode = await load(flags, startServer);
  });
}

function withLoadOptions(command: Command): Command {
  const list = SCENARIO_NAMES.map((name) => `  ${name.padEnd(17)} ${SCENARIOS[name].summary}`).join('\n');
  return command
    .addOption(new Option('--scenario <name>', 'what the users do').choices(SCENARIO_NAMES).default('steady'))
    .option('--users <n>', 'concurrentUsers', (text) => readCount(text, 2))
    .option('--rate <n>', 'messageRate: messages a second over all users', readRate)
    .option('--duration <time>', 'how long, such as 30s or 5m; with --find of each step', (text) =>
      readTimeMs(text, 's'),
    )
    .option('--ramp <time>', 'over how long the users connect', (text) => readTimeMs(text, 's'))
    .option('--workers <n>', 'processes that play the users', (text) => readCount(text, 1))
    .option('--size <bytes>', 'length of a message', (text) => readCount(text, 1))
    .option('--seed <n>', 'repeats the choices of a run', (text) => readCount(text, 0), 1)
    .option('--find', 'look for the highest rate within the objective, from --rate up')
    .option('--p99 <time>', 'fail when 1 of 100 takes longer from due to delivered', (text) => readTimeMs(text, 'ms'))
    .option('--error-rate <share>', 'fail when a larger share is answered with an error, such as 0.1%', readShare)
    .option('--json <file>', 'write all figures there as well')
    .option('--html <file>', 'where the report goes', REPORT)
    .option('--no-html', 'write no report')
    .addHelpText(
      'after',
      `\nScenarios:\n${list}\n\nExit codes: 0 all held; 1 something was lost, an objective was missed, or the run failed; 2 misused.\nLimits of the server hold for the test too. To lift them while it runs, start the server with
PARLEY_RATE_FACTORS=owner=1000,admin=1000,bot=1000 PARLEY_CONNECT_RATE_PER_ADDRESS=off PARLEY_CONNECT_RATE=off.`,
    );
}

async function load(flags: Flags, startServer: (() => Promise<OwnServer>) | undefined): Promise<number> {
  const show = new TerminalShow(process.stderr);
  const stopped = new AbortController();
  const onSignal = () => stopped.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  let server: OwnServer | null = null;
  try {
    if (flags.self === true || flags.url === undefined) {
      if (startServer === undefined)
        throw new ParleyError('bad_request', 'unable to begin; name the server with --url');
      show.phase('Starting a server for this run');
      server = await startServer();
    }
    const target = await aim(flags, server, show);
    const result = await new LoadRun(optionsOf(flags), target, show).run(stopped.signal);
    show.end();
    await report(result, flags);
    return result.ok ? EXIT.held : EXIT.failed;
  } catch (error) {
    show.end();
    if (!(error instanceof ParleyError) && !stopped.signal.aborted) throw error;
    process.stderr.write(`${(error as Error).message}\n`);
    return EXIT.failed;
  } finally {
    await server?.stop();
    process.removeListener('SIGINT', onSignal).removeListener('SIGTERM', onSignal);
  }
}

async function aim(flags: Flags, server: OwnServer | null, show: TerminalShow): Promise<Target> {
  if (server === null) {
    const { url = '', token, jwtSecret } = flags;
    return {
      ...(await targetAt(url, token, (line) => show.note(line))),
      jwtSecret: jwtSecret ?? null,
      isOurs: false,
      pid: null,
    };
  }
  const target = await targetAt(`${server.url}/#/welcome/${server.ownerToken}`, undefined, () => {});
  return { ...target, jwtSecret: server.jwtSecret, isOurs: true, pid: server.pid };
}

function optionsOf(flags: Flags): LoadOptions {
  const scenario = SCENARIOS[flags.scenario];
  const isFinding = flags.find === true;
  const concurrentUsers = flags.users ?? scenario.concurrentUsers;
  const firstRate = isFinding ? FIND_FIRST_RATE : scenario.messageRate;
  return {
    scenario: flags.scenario,
    concurrentUsers,
    messageRate: flags.rate ?? firstRate,
    duration: flags.duration ?? (isFinding ? STEP_MS : DURATION_MS),
    rampMs: flags.ramp ?? Math.max(1_000, (concurrentUsers / RAMP_PER_SECOND) * 1_000),
    workers: Math.min(concurrentUsers, flags.workers ?? Math.max(1, Math.min(4, availableParallelism() - 1))),
    messageBytes: flags.size ?? scenario.messageBytes,
    seed: flags.seed,
    objective: { p99Ms: flags.p99 ?? null, errorRate: flags.errorRate ?? null },
    isFinding,
  };
}

async function report(result: LoadResult, flags: Flags): Promise<void> {
  process.stdout.write(formatScreen(result, process.stdout.isTTY === true && process.env.NO_COLOR === undefined));
  if (flags.json !== undefined) await writeFile(flags.json, `${JSON.stringify(result, null, 2)}\n`);
  if (flags.html === false) return;
  await writeFile(flags.html, formatHtml(result));
  process.stdout.write(`\n  report: ${resolve(flags.html)}\n\n`);
}
