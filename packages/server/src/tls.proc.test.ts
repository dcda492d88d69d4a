import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, copyFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimOwner, createClient } from '@parley/client';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded/embedded-postgres.ts';
import { freePort } from './testing/free-port.ts';
import { serverProcess } from './testing/server-process.ts';
import { TestRedisServer } from './testing/test-redis-server.ts';

const directory = mkdtempSync(join(tmpdir(), 'parley-tls-'));
const dataDir = mkdtempSync(join(tmpdir(), 'parley-tls-pg-'));
const [key, certificate] = [join(directory, 'server.key'), join(directory, 'server.crt')];
let postgres: EmbeddedPostgres | undefined;
let redis: TestRedisServer | undefined;
let redisUrl: string;

beforeAll(async () => {
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const files = ['-keyout', key, '-out', certificate];
  const subject = ['-subj', '/CN=localhost', '-addext', names, '-days', '2'];
  execFileSync('openssl', ['req', '-x509', '-nodes', ...curve, ...files, ...subject], { stdio: 'ignore' });
  const tlsPort = await freePort();
  const tls = ['--tls-port', `${tlsPort}`, '--tls-cert-file', certificate, '--tls-key-file', key];
  [postgres, redis] = await Promise.all([
    startPostgres(),
    TestRedisServer.start(['--save', '', ...tls, '--tls-ca-cert-file', certificate, '--tls-auth-clients', 'no']),
  ]);
  redisUrl = `rediss://localhost:${tlsPort}`;
});
afterAll(async () => {
  await Promise.all([postgres?.stop(), redis?.stop()]);
  for (const folder of [directory, dataDir]) rmSync(folder, { recursive: true, force: true });
});

/** A PostgreSQL that speaks TLS to whoever asks for it. */
async function startPostgres(): Promise<EmbeddedPostgres> {
  // The password is read by the account that PostgreSQL runs as, which is not root.
  chmodSync(dataDir, 0o755);
  writeFileSync(join(dataDir, 'postgres.password'), randomBytes(12).toString('hex'), { mode: 0o644 });
  const started = await startEmbeddedPostgres({ dataDir, transport: 'tcp', settings: { fsync: 'off' } });
  const { uid, gid } = statSync(join(dataDir, 'postgres', 'PG_VERSION'));
  for (const file of [key, certificate]) {
    const own = join(dataDir, 'postgres', file === key ? 'server.key' : 'server.crt');
    copyFileSync(file, own);
    chmodSync(own, 0o600);
    chownSync(own, uid, gid);
  }
  const client = new pg.Client(started.connectionConfig);
  await client.connect();
  await client.query('ALTER SYSTEM SET ssl = on');
  await client.query('SELECT pg_reload_conf()');
  await client.end();
  return started;
}

function databaseUrl(): string {
  const { user = '', password = '', port = 0, database = '' } = postgres?.connectionConfig ?? {};
  return `postgresql://${user}:${encodeURIComponent(String(password))}@localhost:${port}/${database}?sslmode=verify-full`;
}

test('[CLU7] Redis and PostgreSQL are spoken to by TLS, with a certificate authority of one’s own', async () => {
  const server = await serverProcess(databaseUrl(), { REDIS_URL: redisUrl, NODE_EXTRA_CA_CERTS: certificate });
  await server.start();
  const password = 'correct horse battery';
  const { token } = await claimOwner(server.url, { ownerToken: server.ownerToken(), username: 'ann', password });
  const client = createClient({ url: server.url, token, WebSocket });
  await client.connect();
  const channel = await client.createChannel({ kind: 'private', name: 'sealed' });
  expect((await channel.send('nobody listens in')).seq).toBe(1);
  const observer = new pg.Client(postgres?.connectionConfig);
  await observer.connect();
  const { rows } = await observer.query<{ ssl: boolean }>(
    `SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name LIKE 'parley%'`,
  );
  await observer.end();
  expect(rows).toEqual([{ ssl: true }]);
  const { port } = new URL(redisUrl);
  const links = String(await redis?.ask('CLIENT', 'LIST'))
    .split('\n')
    .filter((line) => line.includes('name=parley'));
  expect(links.length).toBeGreaterThan(0);
  expect(links.filter((line) => !line.includes(`laddr=127.0.0.1:${port}`))).toEqual([]);
  client.close();
  await server.stop();
});

test('[CLU7] a certificate that nobody vouches for ends the start, and says what to do', async () => {
  const server = await serverProcess(databaseUrl().replace('verify-full', 'no-verify'), { REDIS_URL: redisUrl });
  await expect(server.start()).rejects.toThrow(/NODE_EXTRA_CA_CERTS/);
});
