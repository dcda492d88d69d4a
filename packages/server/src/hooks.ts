import { Members } from './channels/members.ts';
import type { Config } from './config/settings.ts';
import type { Fanout } from './fanout/fanout.ts';
import type { Clock } from './lib/clock.ts';
import { VERSION } from './lib/version.ts';
import type { Logger } from './monitoring/logger.ts';
import type { Metrics } from './monitoring/metrics.ts';
import { readRanges } from './rate-limit/address.ts';
import type { Postgres } from './storage/postgres.ts';
import { WebhookFeeder } from './webhooks/webhook-feeder.ts';
import { WebhookRunner } from './webhooks/webhook-runner.ts';
import { WebhookSender } from './webhooks/webhook-sender.ts';
import { Webhooks } from './webhooks/webhooks.ts';
import { Changes } from './writer/change.ts';

interface HooksPorts {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly main: Postgres;
}

/** The webhooks, and what tells the outgoing ones. */
export interface Hooks {
  readonly webhooks: Webhooks;
  readonly runner: WebhookRunner;
}

/** Builds what makes webhooks and what serves them; every node serves, each webhook is served by one at a time. */
export function buildHooks({ config, clock, logger, main, metrics }: HooksPorts, fanout: Fanout): Hooks {
  const { db } = main;
  const allowed = readRanges(config.webhookRanges, 'PARLEY_WEBHOOK_RANGES');
  const feeder = new WebhookFeeder(db);
  const sender = new WebhookSender({
    db,
    clock,
    version: VERSION,
    random: Math.random,
    allowed,
    onDead: (webhookId, error) => logger.error({ webhookId, error }, 'a webhook is dead: it failed too often'),
    onAttempt: (outcome) => metrics.hooked(outcome),
  });
  return {
    webhooks: new Webhooks(db, new Members(new Changes(db, fanout)), allowed),
    runner: new WebhookRunner({
      clock,
      steps: [() => feeder.feed(), () => sender.send()],
      onFault: (error) => logger.warn({ err: error }, 'webhooks were not served; it is tried again'),
    }),
  };
}
