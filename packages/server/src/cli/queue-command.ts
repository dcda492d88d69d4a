import { Command } from 'commander';
import { prefixOf } from '../cluster.ts';
import { AppError } from '../lib/app-error.ts';
import { systemClock } from '../lib/clock.ts';
import { StartError } from '../lib/start-error.ts';
import type { DeadLetter } from '../queue/dead-letters.ts';
import { ParkedSends } from '../queue/parked-sends.ts';
import { RedisLink } from '../storage/redis.ts';
import { readEpoch } from '../storage/server-state.ts';
import { OPERATOR } from './account-tools.ts';
import { processTerminal, type Terminal, writeFacts, writeRows } from './terminal.ts';
import { withDatabase } from './with-database.ts';

/** `parley queue list|retry|drop`: sends that were set aside. */
export function queueCommand(terminal: Terminal = processTerminal): Command {
  const command = new Command('queue').description('Look after sends that were set aside (with Redis)');
  command
    .command('list')
    .description('list them, with why')
    .option('--text', 'show what they say')
    .option('--json', 'as JSON')
    .action((flags: { text?: true; json?: true }) =>
      withQueue(terminal, async (parked) => {
        const rows = (await parked.list()).map((letter) => factsOf(letter, flags.text === true));
        const columns = [
          'id',
          'since',
          'channel',
          'sender',
          'message',
          'reason',
          ...(flags.text === true ? ['text'] : []),
        ];
        writeRows(terminal, rows, { json: flags.json === true, columns });
      }),
    );
  command
    .command('retry')
    .description('put one, or all that can be read, into the queue again; each is stored at most once')
    .argument('<id>', 'id as `queue list` shows it, or "all"')
    .option('--json', 'as JSON')
    .action((id: string, flags: { json?: true }) =>
      withQueue(terminal, async (parked) => {
        const chosen = await choose(parked, id);
        const readable = id === 'all' ? chosen.filter(({ entry }) => entry !== null) : chosen;
        for (const letter of readable) await parked.retry(OPERATOR, letter.id);
        writeFacts(terminal, { retried: readable.length }, flags.json === true);
      }),
    );
  command
    .command('drop')
    .description('throw one, or all, away')
    .argument('<id>', 'id as `queue list` shows it, or "all"')
    .option('--json', 'as JSON')
    .action((id: string, flags: { json?: true }) =>
      withQueue(terminal, async (parked) => {
        const chosen = await choose(parked, id);
        for (const letter of chosen) await parked.drop(OPERATOR, letter.id);
        writeFacts(terminal, { dropped: chosen.length }, flags.json === true);
      }),
    );
  return command;
}

async function choose(parked: ParkedSends, id: string): Promise<DeadLetter[]> {
  const all = await parked.list();
  if (id === 'all') return all;
  const chosen = all.filter((letter) => letter.id === id);
  if (chosen.length === 0) throw new AppError('not_found', 'unable to find it; nothing that was set aside has this id');
  return chosen;
}

function factsOf({ id, at, reason, entry }: DeadLetter, hasText: boolean) {
  const { channelId, senderId, id: messageId, body } = entry ?? {};
  const text = hasText ? { text: body } : {};
  return { id, since: new Date(at), channel: channelId, sender: senderId, message: messageId, reason, ...text };
}

async function withQueue(terminal: Terminal, work: (parked: ParkedSends) => Promise<void>): Promise<void> {
  await withDatabase(terminal, async ({ db, config }) => {
    if (config.redisUrl === undefined) {
      throw new StartError({
        code: 'redis_needed',
        message: 'unable to look; without Redis nothing that was set aside is kept',
        hint: 'Set REDIS_URL as the server has it. A server without Redis tells the sender, and its log names the message.',
      });
    }
    const link = await RedisLink.connect({
      url: config.redisUrl,
      prefix: prefixOf(await readEpoch(db)),
      clock: systemClock,
      random: Math.random,
      onError: () => {},
    });
    try {
      await work(new ParkedSends({ db, clock: systemClock, link }));
    } finally {
      link.close();
    }
  });
}
