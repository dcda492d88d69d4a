import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Attachments } from '../attachments/attachments.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { CommandPorts } from '../commands/run-command.ts';
import type { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../monitoring/logger.ts';
import type { Database } from '../storage/postgres.ts';
import type { Actor, Origin } from '../users/actor.ts';
import type { Authenticated } from '../users/authenticate.ts';
import type { Webhooks } from '../webhooks/webhooks.ts';

/** What was asked and answered; for metrics, so nothing in it grows without bound. */
export interface ServedRequest {
  /** The route as it was declared, such as `/v1/channels/:channelId`; `none` where there is none. */
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly durationMs: number;
}

/** What the HTTP door is given. */
export interface HttpPorts {
  /** The same that the socket's commands run with. */
  readonly commands: CommandPorts;
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly server: { readonly name: string; readonly version: string };
  /** Origins whose pages may use the API, the server's own public one among them. */
  readonly allowedOrigins: ReadonlySet<string>;
  /** How people reach the server, if that is known. */
  readonly publicUrl?: string | undefined;
  /** Each resolves when its part is fit to serve; `/readyz` runs them all. */
  readonly checks: Readonly<Record<string, () => Promise<void>>>;
  /** The same for parts without which the node serves on, with less: `/readyz` tells of them and stays ready. */
  readonly degrading?: Readonly<Record<string, () => Promise<void>>>;
  /** Where uploads go; without it there are no addresses for them. */
  readonly attachments?: Attachments;
  /** The log that operators export; without it there is no such address. */
  readonly auditLog?: AuditLog;
  /** What posts to addresses of incoming webhooks; without it there are none. */
  readonly webhooks?: Webhooks;
  /** Whether a user may upload just now; everybody may where it is left out. */
  mayUpload?(actor: Actor): Promise<boolean>;
  /** True once the node is going away. */
  isDraining(): boolean;
  authenticate(token: string, origin: Origin): Promise<Authenticated | AppError>;
  addressOf(request: IncomingMessage): string;
  addressKey(address: string): string;
  /** Adds routes beside the API: the web app, metrics. */
  mount?(app: FastifyInstance): Promise<void>;
  onServed?(request: ServedRequest): void;
}
