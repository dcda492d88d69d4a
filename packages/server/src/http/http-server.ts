import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { ErrorCode } from '@parley/protocol';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { AppError } from '../lib/app-error.ts';
import { toldError } from '../storage/told-error.ts';
import { serveAttachments } from './attachment-routes.ts';
import { serveAuditExport } from './audit-routes.ts';
import { serveDocs } from './docs-routes.ts';
import { serveHealth } from './health-routes.ts';
import { serveHooks } from './hook-routes.ts';
import type { HttpPorts } from './http-ports.ts';
import { purgeKeys } from './idempotency-store.ts';
import { listening } from './listening.ts';
import { serveOperations } from './operation-routes.ts';
import { problemHeaders, problemOf } from './problem.ts';
import { guardRequests } from './request-guard.ts';
import { acceptStrictJson } from './request-input.ts';

/** All headers of a request must have come within this time, and the largest upload within the next. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 3_600_000;
/** How long an idle connection is kept: longer than load balancers keep theirs, so that they close first. */
const KEEP_ALIVE_MS = 65_000;
const MAX_HEADER_BYTES = 16_384;
const KEY_PURGE_MS = 3_600_000;
const REQUEST_ID = /^[A-Za-z0-9_.:-]{1,64}$/;

export interface HttpServer {
  readonly fastify: FastifyInstance;
  /** Listens and tells the port, which matters where 0 was asked for. */
  listen(options: { readonly host: string; readonly port: number }): Promise<{ readonly port: number }>;
  /** Stops listening and waits for the requests that are being answered. */
  close(): Promise<void>;
}

/** Inputs are parsed by the schemas of their operations at every door; loading Fastify's own takes a tenth of a start. */
const NO_SCHEMAS = {
  buildValidator: () => noCompiler,
  buildSerializer: () => noCompiler,
};

function noCompiler(): never {
  throw new Error('unable to serve a route with a schema of its own; operations have theirs in the protocol');
}

/** Builds the HTTP door: the operations below `/v1`, their documentation, health, and whatever is mounted beside them. */
export async function createHttpServer(ports: HttpPorts): Promise<HttpServer> {
  const app = Fastify({
    logger: false,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // What comes on an open connection while the node goes is still done.
    return503OnClosing: false,
    http: { headersTimeout: HEADERS_TIMEOUT_MS, maxHeaderSize: MAX_HEADER_BYTES },
    schemaController: { compilersFactory: NO_SCHEMAS },
    genReqId: requestIdOf,
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, request, reply) => void sendError(ports, error, request, reply),
  });
  app.setErrorHandler((error, request, reply) => sendError(ports, error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    const missing = new AppError('not_found', 'unable to serve the request; there is nothing at this address');
    return sendError(ports, missing, request, reply);
  });
  guardRequests(app, {
    allowedOrigins: ports.allowedOrigins,
    isHttps: ports.publicUrl?.startsWith('https:') === true,
    clock: ports.clock,
  });
  observe(app, ports);
  partFromClients(app, ports);
  acceptStrictJson(app);
  serveHealth(app, ports);
  serveOperations(app, ports);
  if (ports.attachments !== undefined) await serveAttachments(app, ports, ports.attachments);
  if (ports.auditLog !== undefined) serveAuditExport(app, ports, ports.auditLog);
  if (ports.webhooks !== undefined) serveHooks(app, ports, ports.webhooks);
  serveDocs(app, ports);
  await ports.mount?.(app);
  const purge = ports.clock.setInterval(() => {
    purgeKeys(ports.db, ports.clock.now()).catch((error: unknown) => {
      ports.logger.warn({ err: error }, 'old idempotency keys could not be removed');
    });
  }, KEY_PURGE_MS);
  return {
    fastify: app,
    listen: async (options) => {
      await listening({ ...options, setting: 'PORT' }, () => app.listen(options));
      return { port: (app.server.address() as AddressInfo).port };
    },
    close: async () => {
      purge.cancel();
      await app.close();
    },
  };
}

/** While the node is going away, each connection ends with its next answer, before the listener does. */
function partFromClients(app: FastifyInstance, ports: HttpPorts): void {
  app.addHook('onSend', async (_request, reply) => {
    if (ports.isDraining()) reply.header('connection', 'close');
  });
}

/** The caller's own id for the request, where it is harmless in a log. */
function requestIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

function observe(app: FastifyInstance, ports: HttpPorts): void {
  if (ports.onServed === undefined) return;
  app.addHook('onResponse', (request, reply, done) => {
    ports.onServed?.({
      route: request.routeOptions.url ?? 'none',
      method: request.method,
      status: reply.statusCode,
      durationMs: reply.elapsedTime,
    });
    done();
  });
}

function sendError(ports: HttpPorts, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const told = toldError(fromFramework(error));
  if (told.level === 'error' || told.level === 'warn') {
    const fields = { err: told.cause ?? told, request_id: request.id, route: request.routeOptions.url };
    ports.logger[told.level](fields, 'a request was not served');
  }
  const instance = request.url.split('?', 1)[0]?.slice(0, 200) ?? '';
  const problem = problemOf(told, { instance, requestId: request.id });
  return reply.code(problem.status).headers(problemHeaders(told)).send(JSON.stringify(problem));
}

const CODES_BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'too_large',
  415: 'unsupported_type',
};

/** What the framework refuses by itself: bodies too large, types it cannot parse, addresses that are none. */
function fromFramework(error: unknown): unknown {
  if (error instanceof AppError || !isFastifyError(error)) return error;
  const { statusCode = 500 } = error;
  if (statusCode >= 500) return error;
  const code = CODES_BY_STATUS[statusCode] ?? 'bad_request';
  return new AppError(code, `unable to read the request; ${reasons[error.code] ?? 'it is malformed'}`, {
    cause: error,
  });
}

const reasons: Readonly<Record<string, string>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'its body is too large',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'its body is not as long as it says',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'its Content-Type must be application/json',
  FST_ERR_BAD_URL: 'its address cannot be decoded',
};

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('FST_');
}

const STATUS_TEXTS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** Answers bytes that are no HTTP request; what follows them cannot be trusted to start anew, so the connection ends. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const status = STATUS_TEXTS[error.code ?? ''] ?? '400 Bad Request';
  const told = new AppError('bad_request', 'unable to read the request; it is not well-formed HTTP');
  const problem = { ...problemOf(told, { instance: '', requestId: randomUUID() }), status: Number(status.slice(0, 3)) };
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: ${problemHeaders(told)['content-type']}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
