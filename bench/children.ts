import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { nodeCommand, pinned } from './processes.ts';

/** Longer than any answer takes on a loaded machine. */
const ANSWER_MS = 300_000;

export interface ChildOptions {
  /** The core it runs on; wherever there is room when left out. */
  core?: number;
  flags?: string[];
  parameters?: string[];
}

/** A process of a bench that is spoken to over IPC. */
export interface Child {
  child: ChildProcess;
  stop: () => Promise<void>;
}

/** Starts a TypeScript file as a process that is spoken to over IPC; its output goes to ours. */
export function startChild(file: URL, { core, flags = [], parameters = [] }: ChildOptions = {}): Child {
  const command = [...nodeCommand(fileURLToPath(file), ...flags), ...parameters];
  const [program = '', ...rest] = core === undefined ? command : pinned(command, core);
  const child = spawn(program, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  return {
    child,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** The next message of a child. One that ends instead, says `{ failed }` or is silent for too long is an error, not a wait without end. */
export function messageOf<Message>(child: ChildProcess, withinMs = ANSWER_MS): Promise<Message> {
  return new Promise((resolve, reject) => {
    const file = child.spawnargs.find((part) => part.endsWith('.ts'));
    const fail = (why: string): void => settle(() => reject(new Error(`unable to measure; ${file} ${why}`)));
    const onMessage = (message: unknown): void => {
      const { failed } = message as { failed?: string };
      if (failed !== undefined) fail(`failed: ${failed}`);
      else settle(() => resolve(message as Message));
    };
    const onExit = (code: number | null): void => fail(`ended with ${code}`);
    const timer = setTimeout(() => fail(`said nothing for ${withinMs / 1_000} s`), withinMs);
    const settle = (then: () => void): void => {
      clearTimeout(timer);
      child.off('message', onMessage).off('exit', onExit);
      then();
    };
    child.on('message', onMessage).on('exit', onExit);
  });
}

/** Runs a client until it has told its figures: they come as its one message, to a request that is its one parameter. */
export async function figuresOf<Figures>(file: URL, request: object, withinMs?: number): Promise<Figures> {
  const { child } = startChild(file, { parameters: [JSON.stringify(request)] });
  try {
    return await messageOf<Figures>(child, withinMs);
  } finally {
    child.kill('SIGKILL');
  }
}
