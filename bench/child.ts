import { type ChildProcess, spawn } from 'node:child_process';
import { nodeCommand } from './processes.ts';

/** Starts a TypeScript file as a process that talks over IPC; its output goes to ours. */
export function startChild(file: string, ...args: string[]): ChildProcess {
  const [program = '', ...flags] = nodeCommand(file);
  return spawn(program, [...flags, ...args], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

/** The next message of a child. Rejects when it ends first, says `{ failed }`, or takes longer than `withinMs`. */
export function answerOf<Answer>(child: ChildProcess, what: string, withinMs: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => settle(() => reject(new Error(`unable to ${what}; ${why}`)));
    const onMessage = (message: unknown): void => {
      const { failed } = message as { failed?: string };
      if (failed !== undefined) fail(failed);
      else settle(() => resolve(message as Answer));
    };
    const onExit = (code: number | null): void => fail(`the client's process ended with ${code}`);
    const timer = setTimeout(() => fail(`there was no answer within ${withinMs / 1_000} s`), withinMs);
    const settle = (then: () => void): void => {
      clearTimeout(timer);
      child.off('message', onMessage).off('exit', onExit);
      then();
    };
    child.on('message', onMessage).on('exit', onExit);
  });
}
