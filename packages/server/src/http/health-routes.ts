import { PROTOCOL_VERSION } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { HttpPorts } from './http-ports.ts';

/** A check that takes longer has failed: whoever asks for readiness will not wait. */
const CHECK_TIMEOUT_MS = 2_000;
/** Answers are kept for this long, so that nobody can make the node check itself all day. */
const READY_CACHE_MS = 500;

export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, 'ok' | 'degraded' | 'failed'>>;
}

/** Serves the addresses that a supervisor asks: whether the process lives, whether it should get traffic, what it is. */
export function serveHealth(app: FastifyInstance, ports: HttpPorts): void {
  const readiness = cachedReadiness(ports);
  for (const path of ['/healthz', '/livez']) {
    app.get(path, (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }));
  }
  app.get('/readyz', async (_request, reply) => {
    const { ready, checks } = await readiness();
    return reply
      .code(ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ status: ready ? 'ready' : 'not ready', checks });
  });
  app.get('/version', (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ ...ports.server, protocol: PROTOCOL_VERSION }),
  );
}

function cachedReadiness(ports: HttpPorts): () => Promise<Readiness> {
  let kept: { readonly at: number; readonly answer: Promise<Readiness> } | undefined;
  return async () => {
    const now = ports.clock.monotonic();
    if (kept === undefined || now - kept.at > READY_CACHE_MS) kept = { at: now, answer: readinessOf(ports) };
    const { ready, checks } = await kept.answer;
    // Going away is told at once.
    const draining = ports.isDraining();
    return { ready: ready && !draining, checks: { ...checks, draining: draining ? 'failed' : 'ok' } };
  };
}

async function readinessOf(ports: HttpPorts): Promise<Readiness> {
  const [needed, degrading] = await Promise.all([
    runAll(ports.checks, 'failed', ports),
    runAll(ports.degrading ?? {}, 'degraded', ports),
  ]);
  return { ready: Object.values(needed).every((state) => state === 'ok'), checks: { ...needed, ...degrading } };
}

async function runAll<Word extends 'degraded' | 'failed'>(
  checks: HttpPorts['checks'],
  otherwise: Word,
  ports: HttpPorts,
): Promise<Record<string, 'ok' | Word>> {
  const run = async ([name, check]: [string, () => Promise<void>]) =>
    [name, (await passes(check, ports)) ? ('ok' as const) : otherwise] as const;
  return Object.fromEntries(await Promise.all(Object.entries(checks).map(run)));
}

function passes(check: () => Promise<void>, { clock, logger }: HttpPorts): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.setTimeout(() => resolve(false), CHECK_TIMEOUT_MS);
    check()
      .then(() => resolve(true))
      .catch((error: unknown) => {
        logger.warn({ err: error }, 'a readiness check failed');
        resolve(false);
      })
      .finally(() => timer.cancel());
  });
}
