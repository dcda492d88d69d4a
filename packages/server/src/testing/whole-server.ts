import type { PoolConfig } from 'pg';
import { type App, createApp } from '../app.ts';
import { readConfig } from '../config/config.ts';
import { SETTINGS } from '../config/settings.ts';
import { createLogger } from '../monitoring/logger.ts';
import { type Answer, ask } from './ask.ts';
import { createTestDatabase } from './test-database.ts';

/** An app that listens. */
export interface ServedApp {
  readonly app: App;
  readonly url: string;
  /** A request below `/v1` with a JSON body, by a token or by nobody. */
  readonly call: (method: string, path: string, body?: unknown, token?: string) => Promise<Answer>;
}

/** A whole server on a database of its own. */
export interface WholeServer extends ServedApp {
  readonly stop: () => Promise<void>;
}

/** Serves a database on a free port, open to sign up unless the settings say something else. */
export async function serveApp(connection: PoolConfig, env: Readonly<Record<string, string>> = {}): Promise<ServedApp> {
  const config = readConfig({ PORT: '0', PARLEY_SIGN_UP: 'open', PARLEY_ALLOW_UNSAFE_DATABASE: 'true', ...env });
  const app = await createApp({ config, connection, logger: createLogger('silent', 'test') });
  const url = `http://127.0.0.1:${(await app.listen()).port}`;
  return { app, url, call: (method, path, body, token) => ask(`${url}/v1${path}`, method, { body, token }) };
}

/** A server that limits no rate. */
export async function startWholeServer(): Promise<WholeServer> {
  const database = await createTestDatabase();
  const rates = Object.values(SETTINGS)
    .map(({ env }) => env)
    .filter((env) => /^PARLEY_(RATE_(?!FACTORS)|CONNECT_RATE)/.test(env));
  const served = await serveApp(database.config, Object.fromEntries(rates.map((env) => [env, 'off'])));
  return {
    ...served,
    async stop() {
      await served.app.close();
      await database.drop();
    },
  };
}
