import { z } from 'zod';
import { LIMITS } from './limits.ts';
import { operation } from './operation.ts';
import { askedTimeMs, cursor, timeMs, userId } from './scalars.ts';

export const auditEntry = z
  .strictObject({
    id: z.int(),
    at: timeMs,
    actorId: userId.nullable().meta({ description: 'Null: nobody who was signed in, or the command line.' }),
    actor: z.string().nullable().meta({ description: 'User name of the actor, as it is now.' }),
    action: z.string(),
    target: z.string().nullable().meta({ description: 'Id of what it was done to.' }),
    details: z.record(z.string(), z.unknown()),
    address: z.string().nullable(),
  })
  .meta({ id: 'AuditEntry', description: 'Who did what, when, to whom, from where.' });
export type AuditEntryView = z.infer<typeof auditEntry>;

/** What selects from the audit log, for pages and exports alike. */
export const auditFilter = {
  actorId: userId.optional(),
  action: z.string().max(64).optional().meta({ description: 'A whole action, or its first word: `user`.' }),
  target: z.string().max(64).optional(),
  since: askedTimeMs.optional(),
  until: askedTimeMs.optional(),
};

export const auditOperations = {
  'audit.list': operation('audit.list', {
    summary: 'Who did what, newest first (server admins). `GET /v1/audit/export` gives all of it as CSV or NDJSON.',
    rest: 'GET /audit',
    scope: 'admin',
    policy: 'read',
    input: z.strictObject({
      ...auditFilter,
      cursor: cursor.optional(),
      limit: z.coerce.number().int().min(1).max(LIMITS.pageItems).default(50),
    }),
    output: z.strictObject({ entries: z.array(auditEntry), nextCursor: z.string().nullable() }),
  }),
};
