import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { isOriginAllowed } from '../lib/origin.ts';

/** Headers of which a second one means that somebody between us and the client may have read another. */
const SINGLE: ReadonlySet<string> = new Set([
  'authorization',
  'content-length',
  'content-type',
  'host',
  'idempotency-key',
  'origin',
  'transfer-encoding',
]);

const READING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const WITHOUT_BODY: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE']);

/** For answers of the API; pages set their own policy over it. */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

const PREFLIGHT_HEADERS: Readonly<Record<string, string>> = {
  'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
  'access-control-allow-headers': 'authorization, content-type, idempotency-key, x-request-id',
  'access-control-max-age': '600',
};
const EXPOSED = 'idempotent-replayed, retry-after, x-request-id';

export interface GuardSettings {
  /** Origins besides the server's own whose pages may use the API. */
  readonly allowedOrigins: ReadonlySet<string>;
  /** True when people reach the server by https, so that browsers may be told to stay there. */
  readonly isHttps: boolean;
  readonly clock: Pick<Clock, 'setTimeout'>;
}

/** A body must be here within this time. */
const BODY_TIMEOUT_MS = 30_000;
/** Where bodies are large, and watched over by their route. */
const UPLOAD_PATH = '/v1/attachments';

/** Puts on every answer what keeps browsers safe, and refuses what no honest client sends, before anything else looks at it. */
export function guardRequests(app: FastifyInstance, settings: GuardSettings): void {
  app.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    void reply.headers(SECURITY_HEADERS).header('x-request-id', request.id);
    if (settings.isHttps) void reply.header('strict-transport-security', 'max-age=31536000');
    if (request.url.startsWith('/v1/')) void reply.header('cache-control', 'no-store');
    refuseDoubleHeaders(request.raw);
    const { origin } = request.headers;
    if (origin !== undefined) {
      void reply.header('vary', 'origin');
      if (settings.allowedOrigins.has(origin)) {
        void reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED });
      }
    }
    if (isPreflight(request)) {
      if (settings.allowedOrigins.has(origin ?? '')) void reply.headers(PREFLIGHT_HEADERS);
      return reply.code(204).send();
    }
    if (!READING.has(request.method)) demandOrigin(request.headers, settings.allowedOrigins);
    if (WITHOUT_BODY.has(request.method) && hasBody(request.headers)) {
      throw new AppError('bad_request', `unable to read the request; ${request.method} takes no body`);
    }
    if (hasBody(request.headers) && request.routeOptions.url !== UPLOAD_PATH) limitBody(request.raw, settings.clock);
  });
}

function limitBody(request: IncomingMessage, clock: GuardSettings['clock']): void {
  const timer = clock.setTimeout(() => request.destroy(), BODY_TIMEOUT_MS);
  for (const event of ['end', 'close']) request.once(event, () => timer.cancel());
}

function isPreflight(request: FastifyRequest): boolean {
  const { origin } = request.headers;
  return (
    request.method === 'OPTIONS' &&
    origin !== undefined &&
    request.headers['access-control-request-method'] !== undefined
  );
}

/** A page of elsewhere must not change anything here, even where its user is trusted. */
function demandOrigin(headers: IncomingHttpHeaders, allowed: ReadonlySet<string>): void {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  // A browser that leaves the origin out still says where the page is from.
  const isForeign = origin === undefined && (site === 'cross-site' || site === 'same-site');
  if (isForeign || !isOriginAllowed(origin, host, allowed)) {
    throw new AppError('origin_refused', 'unable to serve the request; it comes from a page of another origin');
  }
}

function hasBody(headers: IncomingHttpHeaders): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

function refuseDoubleHeaders(request: IncomingMessage): void {
  const seen = new Set<string>();
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const name = (request.rawHeaders[at] ?? '').toLowerCase();
    if (!SINGLE.has(name)) continue;
    if (seen.has(name)) throw new AppError('bad_request', 'unable to read the request; a header is given twice');
    seen.add(name);
  }
}
