import { z } from 'zod';
import { LIMITS } from './limits.ts';
import { operation } from './operation.ts';
import { ROLES, SCOPES } from './roles.ts';
import { cursor, plainId, sessionId, timeMs, userId } from './scalars.ts';
import { lineSchema, usernameSchema } from './text.ts';

/** A hundred years: beyond them a key may as well have no end, and far beyond them there is no date. */
const MAX_KEY_LIFE_MS = 100 * 365 * 86_400_000;

export const role = z.enum(ROLES).meta({ id: 'Role' });

export const userView = z
  .strictObject({
    id: userId,
    username: z.string(),
    displayName: z.string(),
    kind: z.enum(['human', 'bot']),
    role,
    deactivated: z.boolean().optional(),
  })
  .meta({ id: 'User', description: 'A person or a bot as others see it.' });
export type UserView = z.infer<typeof userView>;

export const ownUserView = userView
  .extend({
    hideReceipts: z.boolean().optional().meta({ description: 'True: nobody is told how far the user has read.' }),
  })
  .meta({ id: 'OwnUser', description: 'A user as he sees himself.' });
export type OwnUserView = z.infer<typeof ownUserView>;

export const sessionView = z
  .strictObject({
    id: sessionId,
    createdAt: timeMs,
    lastSeenAt: timeMs,
    expiresAt: timeMs,
    userAgent: z.string(),
    address: z.string(),
    current: z.boolean(),
  })
  .meta({ id: 'Session', description: 'One sign-in of a user on one device.' });
export type SessionView = z.infer<typeof sessionView>;

export const apiKeyView = z
  .strictObject({
    id: plainId,
    userId,
    name: z.string(),
    scopes: z.array(z.enum(SCOPES)),
    createdAt: timeMs,
    lastUsedAt: timeMs.nullable(),
    expiresAt: timeMs.nullable(),
  })
  .meta({ id: 'ApiKey', description: 'A key of a bot; its secret is shown once, when it is made.' });
export type ApiKeyView = z.infer<typeof apiKeyView>;

const password = z.string().min(LIMITS.passwordMinLength).max(LIMITS.passwordMaxLength);
const displayName = lineSchema(LIMITS.nameCodePoints);
const signedIn = z.strictObject({ token: z.string(), expiresAt: timeMs, user: userView }).meta({ id: 'SignedIn' });
export type SignedIn = z.infer<typeof signedIn>;
export const nothing = z.strictObject({}).meta({ id: 'Nothing' });

export const userOperations = {
  'auth.info': operation('auth.info', {
    summary: 'Says how one gets in: whether an owner exists and whether sign-up is open.',
    rest: 'GET /auth/info',
    door: 'rest',
    scope: 'read',
    policy: 'read',
    input: nothing,
    output: z.strictObject({
      name: z.string(),
      hasOwner: z.boolean(),
      signUp: z.enum(['open', 'invitation']),
      version: z.string(),
    }),
  }),
  'auth.claim_owner': operation('auth.claim_owner', {
    summary: 'Makes the first owner with the one-time token that the first start printed.',
    rest: 'POST /auth/claim-owner',
    door: 'rest',
    scope: 'write',
    policy: 'signUp',
    input: z.strictObject({
      ownerToken: z.string().max(128),
      username: usernameSchema,
      displayName: displayName.optional(),
      password,
    }),
    output: signedIn,
  }),
  'auth.sign_up': operation('auth.sign_up', {
    summary: 'Makes an account, with an invitation where sign-up is not open.',
    rest: 'POST /auth/sign-up',
    door: 'rest',
    scope: 'write',
    policy: 'signUp',
    input: z.strictObject({
      username: usernameSchema,
      displayName: displayName.optional(),
      password,
      invitation: z.string().max(128).optional(),
    }),
    output: signedIn,
  }),
  'auth.sign_in': operation('auth.sign_in', {
    summary: 'Gives a session token for a user name and password.',
    rest: 'POST /auth/sign-in',
    door: 'rest',
    scope: 'write',
    policy: 'signIn',
    input: z.strictObject({ username: z.string().max(64), password: z.string().max(LIMITS.passwordMaxLength) }),
    output: signedIn,
  }),
  'auth.sign_out': operation('auth.sign_out', {
    summary: 'Ends the session that asks; its sockets are cut before the answer.',
    rest: 'POST /auth/sign-out',
    door: 'rest',
    scope: 'write',
    policy: 'change',
    input: nothing,
    output: nothing,
  }),
  'me.get': operation('me.get', {
    summary: 'The caller as a user.',
    rest: 'GET /me',
    scope: 'read',
    policy: 'read',
    input: nothing,
    output: ownUserView,
  }),
  'me.update': operation('me.update', {
    summary: 'Changes the caller’s name, password or privacy; a new password ends all other sessions.',
    rest: 'PATCH /me',
    scope: 'manage',
    policy: 'change',
    input: z.strictObject({
      displayName: displayName.optional(),
      password: password.optional(),
      currentPassword: z.string().max(LIMITS.passwordMaxLength).optional(),
      hideReceipts: z.boolean().optional(),
    }),
    output: ownUserView,
  }),
  'session.list': operation('session.list', {
    summary: 'Lists the caller’s own sign-ins.',
    rest: 'GET /me/sessions',
    scope: 'manage',
    policy: 'read',
    input: nothing,
    output: z.strictObject({ sessions: z.array(sessionView) }),
  }),
  'session.revoke': operation('session.revoke', {
    summary: 'Ends one of the caller’s sessions; its sockets are cut before the answer.',
    rest: 'DELETE /me/sessions/:sessionId',
    scope: 'manage',
    policy: 'change',
    input: z.strictObject({ sessionId }),
    output: nothing,
  }),
  'user.list': operation('user.list', {
    summary: 'Lists users by name, optionally those whose name starts with `query`.',
    rest: 'GET /users',
    scope: 'read',
    policy: 'read',
    input: z.strictObject({
      query: z.string().max(80).optional(),
      cursor: cursor.optional(),
      limit: z.coerce.number().int().min(1).max(LIMITS.pageItems).default(50),
    }),
    output: z.strictObject({ users: z.array(userView), nextCursor: z.string().nullable() }),
  }),
  'user.get': operation('user.get', {
    summary: 'Gives several users by id; ids that do not exist are left out.',
    rest: 'GET /users/by-id',
    scope: 'read',
    policy: 'read',
    input: z.strictObject({
      userIds: z.preprocess(
        (value) => (typeof value === 'string' ? value.split(',') : value),
        z.array(userId).max(LIMITS.pageItems),
      ),
    }),
    output: z.strictObject({ users: z.array(userView) }),
  }),
  'user.create': operation('user.create', {
    summary: 'Makes a user or a bot (server admins).',
    rest: 'POST /users',
    scope: 'admin',
    policy: 'change',
    input: z.strictObject({
      username: usernameSchema,
      displayName: displayName.optional(),
      password: password.optional(),
      kind: z.enum(['human', 'bot']).default('human'),
      role: role.default('member'),
    }),
    output: userView,
  }),
  'user.update': operation('user.update', {
    summary: 'Changes a user’s role, password or name, or deactivates it; live sockets follow at once (server admins).',
    rest: 'PATCH /users/:userId',
    scope: 'admin',
    policy: 'change',
    input: z.strictObject({
      userId,
      role: role.optional(),
      displayName: displayName.optional(),
      password: password.optional(),
      deactivated: z.boolean().optional(),
    }),
    output: userView,
  }),
  'key.create': operation('key.create', {
    summary: 'Makes an API key for a bot; the secret is in this answer only.',
    rest: 'POST /keys',
    scope: 'admin',
    policy: 'change',
    input: z.strictObject({
      userId,
      name: lineSchema(LIMITS.nameCodePoints),
      scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length),
      expiresInMs: z.int().min(60_000).max(MAX_KEY_LIFE_MS).optional(),
    }),
    output: z.strictObject({ key: apiKeyView, secret: z.string() }),
  }),
  'key.list': operation('key.list', {
    summary: 'Lists API keys without their secrets.',
    rest: 'GET /keys',
    scope: 'admin',
    policy: 'read',
    input: nothing,
    output: z.strictObject({ keys: z.array(apiKeyView) }),
  }),
  'key.revoke': operation('key.revoke', {
    summary: 'Ends an API key; its sockets are cut before the answer.',
    rest: 'DELETE /keys/:keyId',
    scope: 'admin',
    policy: 'change',
    input: z.strictObject({ keyId: plainId }),
    output: nothing,
  }),
};
