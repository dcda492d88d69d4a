import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';
import { waitFor } from './wait-for.ts';

const EXAMPLE = fileURLToPath(new URL('../../../../deploy/nginx.conf', import.meta.url));

/** Where nginx is; undefined where it is not installed. */
export function findNginx(): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  return folders.map((folder) => join(folder, 'nginx')).find((program) => existsSync(program));
}

/** nginx in front of nodes. */
export interface Nginx {
  readonly url: string;
  /** What it has logged: a line per request, with the address that served it. */
  log(): string;
  stop(): Promise<void>;
}

/** Runs nginx with the example of `deploy/`, word for word but for addresses, logs and folders. */
export async function startNginx(program: string, ports: readonly number[]): Promise<Nginx> {
  const directory = mkdtempSync(join(tmpdir(), 'parley-nginx-'));
  const port = await freePort();
  writeFileSync(join(directory, 'nginx.conf'), configOf(directory, port, ports));
  const args = ['-e', 'stderr', '-p', directory, '-c', join(directory, 'nginx.conf')];
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const url = `http://127.0.0.1:${port}`;
  await waitFor('nginx answers', async () => {
    if (child.exitCode !== null) throw new Error(`unable to start nginx; ${said}`);
    return fetch(`${url}/livez`).then(
      (response) => response.ok,
      () => false,
    );
  });
  return { url, log: () => readFileSync(join(directory, 'access.log'), 'utf8'), stop: () => stop(child, directory) };
}

function configOf(directory: string, port: number, ports: readonly number[]): string {
  let node = 0;
  const example = readFileSync(EXAMPLE, 'utf8')
    .replace(/server node\d:8080/g, () => `server 127.0.0.1:${ports[node++]}`)
    .replace('listen 80;', `listen 127.0.0.1:${port};`);
  if (node !== ports.length) throw new Error(`the example leads to ${node} nodes, not ${ports.length}`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${directory}/${kind};`,
  );
  const own = [
    `log_format served '$status $upstream_addr $upstream_status $request';`,
    `access_log ${directory}/access.log served;`,
    ...temporary,
  ];
  // One process: a master would start workers as somebody else, who may not write here.
  return `daemon off;\nmaster_process off;\npid ${directory}/nginx.pid;\n${example.replace('http {', `http {\n  ${own.join('\n  ')}`)}`;
}

async function stop(child: ChildProcess, directory: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  rmSync(directory, { recursive: true, force: true });
}
