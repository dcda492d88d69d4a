import { homedir } from 'node:os';
import { join } from 'node:path';
import { type ChatClient, createClient, ParleyError } from '@parley/client';
import { fileStorage } from '@parley/client/node';
import { Command, Option } from 'commander';
import { WebSocket } from 'ws';
import { type Account, openAccount } from './account.ts';
import { chatInteractively } from './interactive.ts';
import { printEvents } from './json-events.ts';
import { pipeLines } from './pipe-lines.ts';
import { SessionFile } from './session-file.ts';

interface Options {
  readonly url: string;
  readonly token?: string;
  readonly user?: string;
  readonly invitation?: string;
  readonly channel?: string;
  readonly json?: true;
  readonly color: boolean;
  readonly configDir: string;
}

/** `parley chat`: the chat in a terminal, in a pipe, or as events for scripts. */
export function chatCommand(): Command {
  return new Command('chat')
    .description('chat in the terminal; with a pipe, send its lines to a channel')
    .addOption(new Option('--url <url>', 'address of the server').default('http://localhost:8080').env('PARLEY_URL'))
    .addOption(new Option('--token <token>', 'session token, API key or JWT').env('PARLEY_TOKEN'))
    .option('--user <name>', 'user name to sign in with')
    .option('--invitation <code>', 'sign up with an invitation')
    .option('--channel <name>', 'channel to begin in, or to send to')
    .option('--json', 'print events as lines of JSON')
    .addOption(new Option('--no-color', 'print without colours').env('NO_COLOR'))
    .addOption(
      new Option('--config-dir <path>', 'where the sign-in and unsent messages are kept')
        .default(join(homedir(), '.config', 'parley'), '~/.config/parley')
        .env('PARLEY_CONFIG_DIR'),
    )
    .action(async (options: Options) => {
      process.exitCode = await chat(options);
    });
}

async function chat(options: Options): Promise<number> {
  const sessions = new SessionFile(options.configDir);
  const streams = { input: process.stdin, output: process.stdout };
  const isInteractive = process.stdin.isTTY && process.stdout.isTTY && options.json !== true;
  let account: Account | null = null;
  try {
    account = await openAccount(
      { ...options, token: options.token, user: options.user, invitation: options.invitation, canAsk: isInteractive },
      sessions,
      streams,
    );
    const client = makeClient(options, account, sessions);
    try {
      return await run(client, options, isInteractive);
    } finally {
      client.close();
    }
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error;
    process.stderr.write(`${error.message}\n`);
    if (account?.isRemembered === true && (error.code === 'unauthenticated' || error.code === 'revoked')) {
      await sessions.forget(options.url);
      process.stderr.write('The sign-in has ended; run it again to sign in.\n');
    }
    return 1;
  }
}

async function run(client: ChatClient, options: Options, isInteractive: boolean): Promise<number> {
  if (options.json === true) {
    const interrupted = new AbortController();
    process.once('SIGINT', () => interrupted.abort());
    process.once('SIGTERM', () => interrupted.abort());
    const input = process.stdin.isTTY ? null : process.stdin;
    await printEvents(client, { channel: options.channel, input, output: process.stdout, signal: interrupted.signal });
    return 0;
  }
  if (isInteractive) {
    await chatInteractively(client, {
      input: process.stdin,
      output: process.stdout,
      isColoured: options.color,
      channel: options.channel,
    });
    return 0;
  }
  if (options.channel === undefined) {
    throw new ParleyError('bad_request', 'unable to send; name the channel with --channel');
  }
  return (await pipeLines(client, options.channel, process.stdin)) === 0 ? 0 : 1;
}

function makeClient(options: Options, account: Account, sessions: SessionFile): ChatClient {
  return createClient({
    url: options.url,
    token: account.token,
    WebSocket,
    storage: fileStorage(sessions.outboxPath(options.url, account.owner)),
    userAgent: 'parley chat',
  });
}
