import type { ErrorFrame, OkFrame, OperationName, OutputOf, RequestOf } from '@parley/protocol';
import { errorFrom, ParleyError } from './errors.ts';
import type { Runtime } from './runtime.ts';

/** Operations that a socket carries; signing in and out has no session yet and goes by HTTP. */
export type SocketOperation = Exclude<OperationName, `auth.${string}`>;

/** Doing these twice would make two things, so they are not repeated after a lost socket. */
const NOT_REPEATABLE: ReadonlySet<SocketOperation> = new Set<SocketOperation>([
  'channel.create',
  'invitation.create',
  'invitation.accept',
  'user.create',
  'key.create',
  'webhook.create',
  'webhook.replay',
  'message.send',
]);

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** From asking to the answer, the time without a connection included; after it the call ends with `timed_out`. */
  readonly timeoutMs?: number | undefined;
}

/** Asks the server for an operation. */
export type Call = <Name extends SocketOperation>(
  name: Name,
  input: RequestOf<Name>,
  options?: CallOptions,
) => Promise<OutputOf<Name>>;

interface Pending {
  readonly name: SocketOperation;
  readonly input: unknown;
  readonly resolve: (output: never) => void;
  readonly reject: (error: ParleyError) => void;
  readonly release: () => void;
  isSent: boolean;
}

export interface RequestPorts {
  /** Sends a frame; false when there is no socket for it now. */
  send(frame: object): boolean;
  readonly timeoutMs: number;
}

/** Matches answers to what was asked, repeats after a lost socket what may be repeated, and lets nothing wait for ever. */
export class Requests {
  readonly #runtime: Runtime;
  readonly #ports: RequestPorts;
  readonly #pending = new Map<number, Pending>();
  #lastRef = 0;
  #isClosed = false;

  constructor(runtime: Runtime, ports: RequestPorts) {
    this.#runtime = runtime;
    this.#ports = ports;
  }

  readonly call: Call = (name, input, options = {}) => {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(new ParleyError('closed', `unable to call ${name}; the client is closed`));
      if (options.signal?.aborted) return reject(aborted(name));
      this.#lastRef += 1;
      const ref = this.#lastRef;
      const release = this.#guard(ref, name, options);
      const pending = { name, input, resolve, reject, release, isSent: false };
      this.#pending.set(ref, pending);
      this.#send(ref, pending);
    });
  };

  /** Takes an answer; one that nobody waits for any more is ignored. */
  answer(frame: OkFrame | ErrorFrame): void {
    if (frame.ref === null) return;
    const pending = this.#pending.get(frame.ref);
    if (pending === undefined) return;
    this.#pending.delete(frame.ref);
    pending.release();
    if (frame.t === 'ok') pending.resolve(frame.d as never);
    else pending.reject(errorFrom(frame));
  }

  /** There is a socket again: what has waited for it goes out, in the order it was asked. */
  online(): void {
    for (const [ref, pending] of this.#pending) if (!pending.isSent) this.#send(ref, pending);
  }

  /** The socket is gone: what may be repeated waits for the next one, the rest ends. */
  lost(): void {
    for (const [ref, pending] of this.#pending) {
      if (!pending.isSent) continue;
      pending.isSent = false;
      if (!NOT_REPEATABLE.has(pending.name)) continue;
      this.#reject(ref, 'disconnected', 'the connection was lost before the answer');
    }
  }

  /** Ends everything that waits: there will be no connection. */
  end(code: ParleyError['code'], reason: string): void {
    for (const ref of this.#pending.keys()) this.#reject(ref, code, reason);
  }

  /** Ends everything that waits, and whatever is asked from now on. */
  close(): void {
    this.#isClosed = true;
    this.end('closed', 'the client was closed');
  }

  #send(ref: number, pending: Pending): void {
    pending.isSent = this.#ports.send({ t: pending.name, ref, d: pending.input });
  }

  #guard(ref: number, name: SocketOperation, { signal, timeoutMs = this.#ports.timeoutMs }: CallOptions): () => void {
    const cancel = this.#runtime.setTimer(
      () => this.#reject(ref, 'timed_out', `there was no answer within ${timeoutMs} ms`),
      timeoutMs,
    );
    const abort = (): void => {
      const pending = this.#pending.get(ref);
      this.#pending.delete(ref);
      pending?.release();
      pending?.reject(aborted(name));
    };
    signal?.addEventListener('abort', abort);
    return () => {
      cancel();
      signal?.removeEventListener('abort', abort);
    };
  }

  #reject(ref: number, code: ParleyError['code'], reason: string): void {
    const pending = this.#pending.get(ref);
    if (pending === undefined) return;
    this.#pending.delete(ref);
    pending.release();
    pending.reject(new ParleyError(code, `unable to call ${pending.name}; ${reason}`));
  }
}

function aborted(name: string): ParleyError {
  return new ParleyError('aborted', `unable to call ${name}; the caller gave up`);
}
