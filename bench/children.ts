import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { nodeCommand, pinned } from './processes.ts';

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

/** Starts a TypeScript file as a process that is spoken to over IPC. */
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

/** The next message of a child; a child that ends instead is an error, not a wait without end. */
export async function messageOf<Message>(child: ChildProcess): Promise<Message> {
  const stop = new AbortController();
  const ended = once(child, 'exit', { signal: stop.signal }).then(([code]) => {
    throw new Error(`unable to measure; ${child.spawnargs.at(-1)} ended with ${code}`);
  });
  ended.catch(() => {});
  try {
    const [message] = (await Promise.race([once(child, 'message', { signal: stop.signal }), ended])) as [Message];
    return message;
  } finally {
    stop.abort();
  }
}
