import type { DownFrame, OperationName, RequestOf, Resume } from '@parley/protocol';
import { WebSocket } from 'ws';

type FrameOf<Type extends DownFrame['t']> = Extract<DownFrame, { t: Type }>;

/** A client as bare as the protocol allows: for tests that look at frames. */
export class SocketClient {
  readonly frames: DownFrame[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #waiting = new Set<(frame: DownFrame | null) => void>();
  readonly #answers = new Map<number, (frame: FrameOf<'ok'> | FrameOf<'error'>) => void>();
  #ref = 0;

  constructor(url: string, options: { headers?: Record<string, string> } = {}) {
    this.socket = new WebSocket(url, { headers: options.headers ?? {}, perMessageDeflate: false });
    this.socket.on('message', (data: Buffer) => this.#take(JSON.parse(data.toString()) as DownFrame));
    this.socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => {
        resolve({ code, reason: reason.toString() });
        for (const look of this.#waiting) look(null);
      });
    });
  }

  /** Opens, says hello, and waits until it is in sync. */
  static async connect(url: string, token: string, resume?: Resume): Promise<SocketClient> {
    const client = new SocketClient(url);
    await client.opened();
    client.say({ t: 'hello', protocol: 1, token, ...(resume === undefined ? {} : { resume }) });
    await client.until('sync', (frame) => frame.done);
    return client;
  }

  opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.once('open', () => resolve());
      this.socket.once('unexpected-response', (_request, response) =>
        reject(new Error(`refused with ${response.statusCode}`)),
      );
    });
  }

  say(frame: unknown): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** Gives a command and returns its answer, `ok` or `error`. */
  ask<Name extends OperationName>(name: Name, input: RequestOf<Name>): Promise<FrameOf<'ok'> | FrameOf<'error'>> {
    const ref = ++this.#ref;
    const answer = new Promise<FrameOf<'ok'> | FrameOf<'error'>>((resolve) => void this.#answers.set(ref, resolve));
    this.say({ t: name, ref, d: input });
    return Promise.race([
      answer,
      this.closed.then(() => Promise.reject(new Error(`the socket was closed before ${name} was answered`))),
    ]);
  }

  /** Gives a command that must succeed, and returns its output. */
  async run<Name extends OperationName>(name: Name, input: RequestOf<Name>): Promise<unknown> {
    const answer = await this.ask(name, input);
    if (answer.t === 'error') throw new Error(`${name}: ${answer.code}: ${answer.message}`);
    return answer.d;
  }

  /** The first frame of a type, among those that came and those to come, for which the condition holds. */
  until<Type extends DownFrame['t']>(
    type: Type,
    holds: (frame: FrameOf<Type>) => boolean = () => true,
  ): Promise<FrameOf<Type>> {
    return this.#find((frame): frame is FrameOf<Type> => frame.t === type && holds(frame as FrameOf<Type>));
  }

  of<Type extends DownFrame['t']>(type: Type): FrameOf<Type>[] {
    return this.frames.filter((frame): frame is FrameOf<Type> => frame.t === type);
  }

  close(): void {
    this.socket.terminate();
  }

  #take(frame: DownFrame): void {
    this.frames.push(frame);
    if ((frame.t === 'ok' || frame.t === 'error') && frame.ref !== null) {
      this.#answers.get(frame.ref)?.(frame);
      this.#answers.delete(frame.ref);
    }
    for (const look of this.#waiting) look(frame);
  }

  #find<Found extends DownFrame>(matches: (frame: DownFrame) => frame is Found): Promise<Found> {
    const found = this.frames.find(matches);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const look = (frame: DownFrame | null) => {
        if (frame === null) reject(new Error('the socket was closed before the frame came'));
        else if (matches(frame)) resolve(frame);
        else return;
        this.#waiting.delete(look);
      };
      if (this.socket.readyState === WebSocket.CLOSED) look(null);
      else this.#waiting.add(look);
    });
  }
}
