import { type ChannelId, WEBHOOK_EVENTS, type WebhookView, webhookOperations } from '@parley/protocol';
import { Command } from 'commander';
import { Members } from '../channels/members.ts';
import { parseInput } from '../commands/run-command.ts';
import type { Config } from '../config/settings.ts';
import { Fanout } from '../fanout/fanout.ts';
import { MemoryBus } from '../fanout/memory-bus.ts';
import { AppError } from '../lib/app-error.ts';
import { readRanges } from '../rate-limit/address.ts';
import { type Database, query } from '../storage/postgres.ts';
import { Webhooks } from '../webhooks/webhooks.ts';
import { Changes } from '../writer/change.ts';
import { OPERATOR } from './account-tools.ts';
import { processTerminal, type Terminal, writeFacts, writeRows } from './terminal.ts';
import { withDatabase } from './with-database.ts';

type WithHooks = (work: (hooks: Webhooks, db: Database, config: Config) => Promise<void>) => Promise<void>;

/** `parley webhook list|incoming|outgoing|pause|activate|replay|delete`. */
export function webhookCommand(terminal: Terminal = processTerminal): Command {
  const command = new Command('webhook').description('Make webhooks, see how they do, and end them');
  const withHooks: WithHooks = (work) =>
    withDatabase(terminal, ({ db, config }) => {
      // Nodes that run hear of a join by comparing tops; nothing here has sockets to tell.
      const members = new Members(new Changes(db, new Fanout(new MemoryBus())));
      const allowed = readRanges(config.webhookRanges, 'PARLEY_WEBHOOK_RANGES');
      return work(new Webhooks(db, members, allowed), db, config);
    });
  command
    .command('list')
    .description('list all webhooks')
    .option('--json', 'as JSON')
    .action(({ json }: { json?: true }) =>
      withHooks(async (hooks) => {
        const rows = (await hooks.list()).map((hook) => ({ ...hook, created: new Date(hook.createdAt) }));
        const columns = ['id', 'kind', 'name', 'state', 'waiting', 'url', 'lastError', 'created'];
        writeRows(terminal, rows, { json: json === true, columns });
      }),
    );
  return command
    .addCommand(incomingCommand(terminal, withHooks))
    .addCommand(outgoingCommand(terminal, withHooks))
    .addCommand(
      onOne(terminal, withHooks, 'pause', 'stop for now; what happens meanwhile is kept for it', (hooks, webhookId) =>
        changed(hooks, webhookId, 'paused'),
      ),
    )
    .addCommand(
      onOne(terminal, withHooks, 'activate', 'go on with one that was paused or is dead', (hooks, webhookId) =>
        changed(hooks, webhookId, 'active'),
      ),
    )
    .addCommand(
      onOne(terminal, withHooks, 'replay', 'tell it again all that is kept of what it was told', async (hooks, id) => ({
        waiting: await hooks.replay(OPERATOR, id, 0),
      })),
    )
    .addCommand(
      onOne(terminal, withHooks, 'delete', 'end a webhook', async (hooks, id) => {
        await hooks.delete(OPERATOR, id);
        return { deleted: id };
      }),
    );
}

function incomingCommand(terminal: Terminal, withHooks: WithHooks): Command {
  return new Command('incoming')
    .description('make an address that posts to a public channel, as Slack’s incoming webhooks do')
    .requiredOption('--channel <name>', 'name of the channel')
    .requiredOption('--name <name>', 'whom its messages are shown as from')
    .option('--json', 'as JSON')
    .action((flags: { channel: string; name: string; json?: true }) =>
      withHooks(async (hooks, db, { publicUrl }) => {
        const channelId = await channelOf(db, flags.channel);
        const input = { kind: 'incoming', name: flags.name, channelId };
        const made = await hooks.create(OPERATOR, parseInput(webhookOperations['webhook.create'].input, input));
        const url = publicUrl === undefined ? {} : { url: new URL(made.path ?? '', publicUrl).href };
        writeFacts(terminal, { id: made.webhook.id, path: made.path, ...url }, flags.json === true);
      }),
    );
}

function outgoingCommand(terminal: Terminal, withHooks: WithHooks): Command {
  return new Command('outgoing')
    .description('tell an address of messages, signed as Standard Webhooks; the secret is shown once')
    .requiredOption('--url <url>', 'where to')
    .requiredOption('--name <name>', 'what it is for')
    .option('--channel <name>', 'of one public channel only')
    .option('--events <list>', `some of ${WEBHOOK_EVENTS.join(',')}`, (text) => text.split(','))
    .option('--json', 'as JSON')
    .action((flags: { url: string; name: string; channel?: string; events?: string[]; json?: true }) =>
      withHooks(async (hooks, db) => {
        const { url, name, channel, events } = flags;
        const channelId = channel === undefined ? undefined : await channelOf(db, channel);
        const input = { kind: 'outgoing', name, url, events, channelId };
        const made = await hooks.create(OPERATOR, parseInput(webhookOperations['webhook.create'].input, input));
        writeFacts(terminal, { id: made.webhook.id, secret: made.secret }, flags.json === true);
      }),
    );
}

function onOne(
  terminal: Terminal,
  withHooks: WithHooks,
  name: string,
  description: string,
  work: (hooks: Webhooks, id: string) => Promise<Record<string, unknown>>,
): Command {
  return new Command(name)
    .description(description)
    .argument('<id>', 'its id, as `webhook list` shows it')
    .option('--json', 'as JSON')
    .action((id: string, { json }: { json?: true }) =>
      withHooks(async (hooks) => {
        if (!/^[0-9a-f-]{36}$/.test(id)) throw new AppError('not_found', 'unable to find the webhook; that is no id');
        writeFacts(terminal, await work(hooks, id), json === true);
      }),
    );
}

async function changed(hooks: Webhooks, webhookId: string, state: 'active' | 'paused') {
  return factsOf(await hooks.update(OPERATOR, { webhookId, state }));
}

function factsOf({ id, name, state, waiting }: WebhookView) {
  return { id, name, state, waiting };
}

async function channelOf(db: Database, name: string): Promise<ChannelId> {
  const sql = `SELECT id FROM channels WHERE kind = 'public' AND lower(name) = lower($1)`;
  const [found] = await query<{ id: ChannelId }>(db, sql, [name.replace(/^#/, '')]);
  if (found === undefined) throw new AppError('not_found', 'unable to find the channel; no public one is called so');
  return found.id;
}
