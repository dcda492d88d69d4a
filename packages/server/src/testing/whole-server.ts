import { type App, createApp } from '../app.ts';
import { readConfig } from '../config/config.ts';
import { SETTINGS } from '../config/settings.ts';
import { createLogger } from '../monitoring/logger.ts';
import { createTestDatabase } from './test-database.ts';

/** A whole server on a database of its own, open to sign up and without limits of rate. */
export interface WholeServer {
  readonly app: App;
  readonly url: string;
  /** A request below `/v1` with a JSON body, by a token or by nobody. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  call(method: string, path: string, body?: unknown, token?: string): Promise<{ status: number; body: any }>;
  stop(): Promise<void>;
}

export async function startWholeServer(): Promise<WholeServer> {
  const database = await createTestDatabase();
  const rates = Object.values(SETTINGS)
    .map(({ env }) => env)
    .filter((env) => /^PARLEY_(RATE_(?!FACTORS)|CONNECT_RATE)/.test(env));
  const config = readConfig({
    ...Object.fromEntries(rates.map((env) => [env, 'off'])),
    PORT: '0',
    PARLEY_SIGN_UP: 'open',
    PARLEY_ALLOW_UNSAFE_DATABASE: 'true',
  });
  const app = await createApp({ config, connection: database.config, logger: createLogger('silent', 'test') });
  const url = `http://127.0.0.1:${(await app.listen()).port}`;
  return {
    app,
    url,
    async call(method, path, body, token) {
      const response = await fetch(`${url}/v1${path}`, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? null : JSON.parse(text) };
    },
    async stop() {
      await app.close();
      await database.drop();
    },
  };
}
