import { OPERATIONS, type OperationName, type RestRoute } from '@parley/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ENTRY_OPERATIONS, type EntryName } from '../commands/handler.ts';
import { runCommand, runEntry } from '../commands/run-command.ts';
import { AppError } from '../lib/app-error.ts';
import { present } from '../lib/assert.ts';
import type { Actor, Origin } from '../users/actor.ts';
import { bearerToken } from './bearer.ts';
import type { HttpPorts } from './http-ports.ts';
import { runOnce } from './idempotency.ts';
import { inputOf } from './request-input.ts';

/** The version of the REST API, the same as that of the socket. */
const PREFIX = '/v1';
const METHODS: readonly RestRoute['method'][] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

const ENTRIES: ReadonlySet<OperationName> = new Set(ENTRY_OPERATIONS);

/** Serves every operation that has a place at this door, and says of each address which methods it has. */
export function serveOperations(app: FastifyInstance, ports: HttpPorts): void {
  const methodsOf = new Map<string, RestRoute['method'][]>();
  for (const name of Object.keys(OPERATIONS) as OperationName[]) {
    const { rest } = OPERATIONS[name];
    if (rest === null) continue;
    const url = PREFIX + rest.path;
    methodsOf.set(url, [...(methodsOf.get(url) ?? []), rest.method]);
    if (isEntry(name)) serveEntry(app, ports, { name, url, method: rest.method });
    else serveOperation(app, ports, { name, url, method: rest.method });
  }
  for (const [url, methods] of methodsOf) refuseOtherMethods(app, url, methods);
}

interface Place<Name extends OperationName> {
  readonly name: Name;
  readonly url: string;
  readonly method: RestRoute['method'];
}

function isEntry(name: OperationName): name is EntryName {
  return ENTRIES.has(name);
}

function serveEntry(app: FastifyInstance, ports: HttpPorts, { name, url, method }: Place<EntryName>): void {
  app.route({
    url,
    method,
    handler: async (request) => {
      const origin = originOf(ports, request);
      const addressKey = ports.addressKey(origin.address);
      return await runEntry(ports.commands, name, inputOf(request), { origin, addressKey });
    },
  });
}

function serveOperation(app: FastifyInstance, ports: HttpPorts, { name, url, method }: Place<OperationName>): void {
  const actors = new WeakMap<FastifyRequest, Actor>();
  app.route({
    url,
    method,
    // Before the body is read: whoever is nobody here sends us nothing.
    onRequest: async (request) => void actors.set(request, await actorOf(ports, request)),
    handler: async (request, reply) => {
      const actor = present(actors.get(request), 'the actor of the request');
      const input = inputOf(request);
      const run = async () => runCommand(ports.commands, name, input, { actor, subscriber: null });
      const key = request.headers['idempotency-key'];
      if (method !== 'POST' || key === undefined) return run();
      return replyOnce(reply, ports, { userId: actor.userId, name, input, key: String(key) }, run);
    },
  });
}

async function replyOnce(
  reply: FastifyReply,
  ports: HttpPorts,
  request: Parameters<typeof runOnce>[1],
  run: () => Promise<unknown>,
): Promise<unknown> {
  const { db, clock, logger } = ports;
  const onFault = (error: unknown) => logger.error({ err: error }, 'an idempotency key could not be settled');
  const { body, replayed } = await runOnce({ db, clock, onFault }, request, run);
  if (replayed) void reply.header('idempotent-replayed', 'true');
  return body;
}

/** Who sends a request; throws `unauthenticated` for nobody. */
export async function actorOf(ports: HttpPorts, request: FastifyRequest): Promise<Actor> {
  const token = bearerToken(request.headers.authorization);
  const found = await ports.authenticate(token, originOf(ports, request));
  if (found instanceof AppError) throw found;
  return found.actor;
}

function originOf(ports: HttpPorts, request: FastifyRequest): Origin {
  return { address: ports.addressOf(request.raw), userAgent: (request.headers['user-agent'] ?? '').slice(0, 200) };
}

/** A known address with another method is told apart from an unknown address. */
function refuseOtherMethods(app: FastifyInstance, url: string, methods: readonly RestRoute['method'][]): void {
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(', ');
  app.route({
    url,
    method: METHODS.filter((method) => !methods.includes(method)),
    onRequest: (_request, reply) => {
      void reply.header('allow', allow);
      throw new AppError('method_not_allowed', `unable to serve the request; this address has ${allow}`);
    },
    handler: () => undefined,
  });
}
