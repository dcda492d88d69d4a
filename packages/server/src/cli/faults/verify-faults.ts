import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { StartError } from '../../lib/start-error.ts';
import type { Terminal } from '../terminal.ts';
import { withDatabase } from '../with-database.ts';
import { installationPublicKey, isSignedBy, type Signed, signVerdict } from './signature.ts';
import { type FaultVerdict, type OwnFault, tryInstallation } from './try-installation.ts';

/** The flags of `parley verify` that are about faults. */
export interface FaultFlags {
  readonly faults?: true;
  readonly testInstallation?: true;
  readonly url?: string;
  readonly count: number;
  readonly seed?: bigint;
  readonly break?: readonly string[];
  readonly mend?: readonly string[];
  readonly json?: true;
}

/** `parley verify --faults`: breaks a test installation while people talk to it, and signs what was found. */
export async function verifyFaults(terminal: Terminal, flags: FaultFlags): Promise<void> {
  if (flags.testInstallation !== true) {
    throw new StartError({
      code: 'not_a_test_installation',
      message: 'unable to break an installation that is not said to be for tests',
      hint: 'It makes accounts and channels, cuts connections and runs your commands. Add --test-installation where that may be.',
    });
  }
  const url = flags.url ?? `http://127.0.0.1:${terminal.env.PORT ?? 8080}`;
  const say = (line: string) => flags.json !== true && terminal.out(`${line}\n`);
  const signed = await withDatabase(terminal, async ({ db }) => {
    const verdict = await tryInstallation(db, {
      url,
      count: flags.count,
      seed: flags.seed ?? BigInt(Date.now()),
      own: ownFaults(flags),
      onTrial: ({ fault, ok, acknowledged, recoveryMs, story }, done) =>
        say(
          `${done}/${flags.count} ${fault}: ${acknowledged} acknowledged, ${recoveryMs ?? '-'} ms to recover${ok ? '' : `\n${story}`}`,
        ),
    });
    return signVerdict(db, verdict);
  });
  terminal.out(`${JSON.stringify(signed, null, 2)}\n`);
  demandKept(signed.verdict);
}

/** `parley verify --verdict FILE`: whether this installation signed what the file holds. */
export async function checkVerdict(terminal: Terminal, file: string): Promise<void> {
  const signed = readVerdict(file);
  const publicKey = await withDatabase(terminal, ({ db }) => installationPublicKey(db));
  if (publicKey === null || !isSignedBy(publicKey, signed)) {
    throw new StartError({
      code: 'verdict_not_ours',
      message: `unable to trust ${file}; it was not signed by this installation, or was changed since`,
      hint: 'Run `parley verify --faults` again, and keep what it prints as it is.',
    });
  }
  const { at, ran, violations } = signed.verdict;
  terminal.out(`signed by this installation at ${at}: ${ran} trials, ${violations} violations\n`);
}

function demandKept({ ok, violations, ran }: FaultVerdict): void {
  if (ok) return;
  throw new StartError({
    code: 'promise_broken',
    message: `unable to call the installation sound; ${violations} of ${ran} trials found something`,
    hint: 'The verdict above says what. See "The promise" in docs/reliability.md.',
  });
}

/** The members that are used; the others are what was signed as well, and stay in their order. */
const SIGNED = z.looseObject({
  verdict: z.looseObject({ at: z.string(), ran: z.number(), violations: z.number() }),
  signature: z.string(),
});

function readVerdict(file: string): Signed<FaultVerdict> {
  try {
    const signed: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (!SIGNED.safeParse(signed).success) throw new Error('it is no verdict');
    return signed as Signed<FaultVerdict>;
  } catch (cause) {
    throw new StartError({
      code: 'verdict_unreadable',
      message: `unable to read ${file}; ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: 'It must hold the JSON that `parley verify --faults` printed last, and nothing else.',
    });
  }
}

function ownFaults({ break: breaks = [], mend: mends = [] }: FaultFlags): OwnFault[] {
  if (breaks.length === mends.length)
    return breaks.map((breakCommand, index) => ({ breakCommand, mendCommand: mends[index] ?? '' }));
  throw new StartError({
    code: 'command_missing',
    message: `unable to pair the commands; ${breaks.length} break and ${mends.length} mend`,
    hint: 'Give a --mend for each --break, in the same order.',
  });
}
