import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { claimOwner, signUp } from '@parley/client';
import { type ChannelId, ERROR_CODES, type MessageId, makeUuid, type SignedIn } from '@parley/protocol';
import { SECRET } from '../../packages/server/src/testing/bad-jwts.ts';
import { GOOD_SIGN_IN } from '../../packages/server/src/testing/bad-requests.ts';
import { RealPostgres } from '../../packages/server/src/testing/real-postgres.ts';
import { type ServerProcess, serverProcess } from '../../packages/server/src/testing/server-process.ts';
import { SocketClient } from '../../packages/server/src/testing/socket-client.ts';

const PASSWORD = GOOD_SIGN_IN.password;
/** An answer that has not come after this long will not come. */
const ANSWER_MS = 20_000;

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: bodies of every shape are looked into.
  readonly body: any;
}

/** A server in a process of its own, with people in it, that everything is done to. */
export class Target {
  readonly process: ServerProcess;
  readonly postgres: RealPostgres;
  readonly owner: SignedIn;
  readonly ann: SignedIn;
  /** Is in none of the channels. */
  readonly stranger: SignedIn;
  /** A private channel of the owner and Ann, with one message. */
  readonly channelId: ChannelId;
  readonly messageId: MessageId;
  #startedPid: number | undefined;

  private constructor(
    parts: Pick<Target, 'process' | 'postgres' | 'owner' | 'ann' | 'stranger' | 'channelId' | 'messageId'>,
  ) {
    this.process = parts.process;
    this.postgres = parts.postgres;
    this.owner = parts.owner;
    this.ann = parts.ann;
    this.stranger = parts.stranger;
    this.channelId = parts.channelId;
    this.messageId = parts.messageId;
    this.#startedPid = this.process.pid();
  }

  static async start(): Promise<Target> {
    const postgres = await RealPostgres.start();
    const process = await serverProcess(postgres.url, {
      PARLEY_SIGN_UP: 'open',
      PARLEY_JWT_SECRET: SECRET,
      PARLEY_LOG_LEVEL: 'error',
      PARLEY_CONNECT_RATE: 'off',
      PARLEY_RATE_SEARCHES: 'off',
      PARLEY_RATE_UPLOADS: 'off',
      PARLEY_DATA_DIR: `${postgres.config.host}/../files`,
    });
    await process.start();
    const { url } = process;
    const owner = await claimOwner(url, { ownerToken: process.ownerToken(), username: 'owner', password: PASSWORD });
    const ann = await signUp(url, { username: 'ann', password: PASSWORD });
    const stranger = await signUp(url, { username: 'stranger', password: PASSWORD });
    await signUp(url, GOOD_SIGN_IN);
    const founded = { kind: 'private', name: 'hostile', memberIds: [ann.user.id] };
    const made = await ask(url, 'POST', '/channels', { token: owner.token, body: founded });
    const channelId = made.body.channel.id as ChannelId;
    const messageId = makeUuid() as MessageId;
    const message = { id: messageId, body: 'here before everything' };
    await ask(url, 'POST', `/channels/${channelId}/messages`, { token: owner.token, body: message });
    return new Target({ process, postgres, owner, ann, stranger, channelId, messageId });
  }

  /** A request by a token or by nobody, to an address below `/v1`. */
  ask(method: string, path: string, how: AskOptions = {}): Promise<Answer> {
    return ask(this.process.url, method, path, how);
  }

  /** A request in one word: `400 bad_request`, `200`. Throws for a fault of the server and for what is not documented. */
  async answerTo(method: string, path: string, how: AskOptions = {}): Promise<string> {
    const { status, body } = await this.ask(method, path, how);
    const code = typeof body?.code === 'string' ? body.code : '';
    if (status >= 500 && status !== 503) throw new Error(`answered with ${status} ${code}`);
    if (status >= 400 && !(code in ERROR_CODES)) throw new Error(`answered with ${status} and no documented code`);
    return `${status} ${code}`.trim();
  }

  /** Sends bytes as they are and gives all that comes back until the server closes, or until `until` is in it. */
  raw(bytes: string | Buffer, until?: string): Promise<string> {
    return new Promise((resolve) => {
      let text = '';
      const socket = connect(this.process.port, '127.0.0.1', () => void socket.write(bytes));
      const timer = setTimeout(() => socket.destroy(), ANSWER_MS);
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
        if (until !== undefined && text.includes(until)) socket.destroy();
      });
      socket.on('error', () => {});
      socket.on('close', () => {
        clearTimeout(timer);
        resolve(text);
      });
    });
  }

  /** A bare socket that has said hello. */
  socket(token: string = this.ann.token): Promise<SocketClient> {
    return SocketClient.connect(this.socketUrl, token);
  }

  get socketUrl(): string {
    return `${this.process.url.replace('http', 'ws')}/v1/socket`;
  }

  /** Throws unless the same process still runs and serves. */
  async demandAlive(): Promise<void> {
    if (this.process.pid() !== this.#startedPid)
      throw new Error(`the server ended:\n${this.process.log().slice(-2_000)}`);
    const { status } = await this.ask('GET', '/me', { token: this.ann.token });
    if (status !== 200) throw new Error(`a good request beside it was answered with ${status}`);
  }

  /** Milliseconds for which the event loop's thread has had a processor so far. */
  get busyMs(): number {
    const pid = this.process.pid();
    return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  }

  /** Bytes of memory that the process holds. */
  get residentBytes(): number {
    const status = readFileSync(`/proc/${this.process.pid()}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1_024;
  }

  get descriptors(): number {
    return Number(/FDSize:\s+(\d+)/.exec(readFileSync(`/proc/${this.process.pid()}/status`, 'utf8'))?.[1]);
  }

  /** Faults that the server wrote down as its own. */
  get faults(): string[] {
    return this.process
      .log()
      .split('\n')
      .filter((line) => /"level":(50|60)/.test(line));
  }

  async stop(): Promise<void> {
    await this.process.kill();
    await this.postgres.stop();
  }
}

export interface AskOptions {
  readonly token?: string | undefined;
  /** A text or bytes go as they are, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

async function ask(url: string, method: string, path: string, { token, body, headers }: AskOptions): Promise<Answer> {
  const response = await fetch(`${url}/v1${path}`, {
    method,
    redirect: 'manual',
    signal: AbortSignal.timeout(ANSWER_MS),
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined || body instanceof Uint8Array ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: bodyOf(body) }),
  });
  const text = await response.text();
  const isJson = text !== '' && response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, body: isJson ? JSON.parse(text) : text };
}

function bodyOf(body: unknown): string | Uint8Array<ArrayBuffer> {
  if (typeof body === 'string') return body;
  return body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body);
}
