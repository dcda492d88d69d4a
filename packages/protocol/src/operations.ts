import type { z } from 'zod';
import { attachmentOperations } from './attachment.ts';
import { auditOperations } from './audit.ts';
import { channelOperations } from './channel.ts';
import { deliveryOperations } from './delivery.ts';
import { flagOperations } from './flag.ts';
import { messageOperations } from './message.ts';
import { monitoringOperations } from './monitoring.ts';
import { presenceOperations } from './presence.ts';
import { queueOperations } from './queue.ts';
import { searchOperations } from './search.ts';
import { syncOperations } from './sync.ts';
import { userOperations } from './user.ts';
import { webhookOperations } from './webhook.ts';

/** Everything a client can ask for, at whichever door. */
export const OPERATIONS = {
  ...userOperations,
  ...channelOperations,
  ...messageOperations,
  ...attachmentOperations,
  ...deliveryOperations,
  ...presenceOperations,
  ...searchOperations,
  ...syncOperations,
  ...monitoringOperations,
  ...auditOperations,
  ...flagOperations,
  ...webhookOperations,
  ...queueOperations,
};

export type Operations = typeof OPERATIONS;
export type OperationName = keyof Operations;

/** What the server works with after parsing. */
export type InputOf<Name extends OperationName> = z.output<Operations[Name]['input']>;
/** What a caller may write before parsing: defaults left out. */
export type RequestOf<Name extends OperationName> = z.input<Operations[Name]['input']>;
export type OutputOf<Name extends OperationName> = z.output<Operations[Name]['output']>;
