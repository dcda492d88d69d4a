import { z } from 'zod';
import { operation } from './operation.ts';
import { plainId, timeMs, userId } from './scalars.ts';
import { nothing, role } from './user.ts';

export const flagValue = z.union([z.boolean(), z.string().max(500), z.number()]);
export type FlagValue = z.infer<typeof flagValue>;

export const flagRule = z
  .strictObject({
    users: z.array(userId).max(1_000).optional(),
    roles: z.array(role).max(4).optional(),
    environments: z.array(z.string().min(1).max(40)).max(20).optional(),
    percentage: z.number().min(0).max(100).optional().meta({
      description: 'Share of the users whom the rest fits. Who is in stays in when it is raised.',
    }),
    value: flagValue,
  })
  .meta({
    id: 'FlagRule',
    description: 'Whoever fits all that is given gets the value; the first rule that fits counts.',
  });
export type FlagRule = z.infer<typeof flagRule>;

export const flagView = z
  .strictObject({
    key: z.string(),
    type: z.enum(['boolean', 'string', 'number']),
    description: z.string(),
    owner: z.string().meta({ description: 'Who answers for it.' }),
    until: z.string().meta({ description: 'The date at which it has to be decided or renewed.' }),
    default: flagValue,
    off: flagValue.meta({ description: 'What the kill switch gives to everybody.' }),
    forClients: z.boolean().meta({ description: 'True: clients are told.' }),
    rules: z.array(flagRule),
    killed: z.boolean(),
    changedAt: timeMs.nullable(),
    changedBy: plainId.nullable(),
  })
  .meta({ id: 'Flag' });
export type FlagView = z.infer<typeof flagView>;

const key = z.string().min(1).max(64);

export const flagOperations = {
  'flag.list': operation('flag.list', {
    summary: 'All feature flags with their rules (server admins).',
    rest: 'GET /flags',
    scope: 'admin',
    policy: 'read',
    input: nothing,
    output: z.strictObject({ environment: z.string(), provider: z.string(), flags: z.array(flagView) }),
  }),
  'flag.set': operation('flag.set', {
    summary: 'Replaces the rules of a flag; every node and client follows within a second (server admins).',
    rest: 'PUT /flags/:key',
    scope: 'admin',
    policy: 'change',
    input: z.strictObject({ key, rules: z.array(flagRule).max(50) }),
    output: flagView,
  }),
  'flag.kill': operation('flag.kill', {
    summary: 'Switches a flag off for everybody whatever its rules say, or gives the rules back (server admins).',
    rest: 'PUT /flags/:key/kill',
    scope: 'admin',
    policy: 'change',
    input: z.strictObject({ key, on: z.boolean() }),
    output: flagView,
  }),
};
