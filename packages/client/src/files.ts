import type { AttachmentVariant, AttachmentView } from '@parley/protocol';
import { ParleyError, toParleyError } from './errors.ts';
import { restUrlOf } from './options.ts';
import { postBytes, type UploadProgress } from './post-bytes.ts';
import { type HttpAnswer, problem } from './problem.ts';
import { retryDelayMs } from './reconnect.ts';
import type { Call } from './request.ts';
import type { Runtime } from './runtime.ts';
import type { Tokens } from './token.ts';

/** Trying for about a minute and a half, on the average: a server that restarts is back by then. */
const MAX_RETRIES = 16;
/** An address that ends sooner is not given any more: an image may be asked for a while after it. */
const LEAST_LIFE_MS = 60_000;
const MAX_ADDRESSES = 500;
/** What the server puts before each path, and `restUrlOf` too. */
const PREFIX = '/v1/';

export interface UploadOptions {
  /** What the file is called; the name of a `File` unless given. */
  readonly name?: string | undefined;
  /** An id of one's own making (a UUID): whoever uploads again with the same one gets the first result. */
  readonly id?: string | undefined;
  /** Length of audio or video. */
  readonly durationMs?: number | undefined;
  /** Loudness of a voice clip from its start to its end: up to 100 whole numbers from 0 to 100. */
  readonly waveform?: readonly number[] | undefined;
  /** Told how far it is; after a failure it starts anew. */
  readonly onProgress?: ((progress: UploadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface FileOptions {
  /** The small version of an image, if its `thumbnail` says that there is one. */
  readonly variant?: AttachmentVariant | undefined;
}

export interface DownloadOptions extends FileOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface FilesPorts {
  readonly url: string;
  readonly call: Call;
  readonly tokens: Tokens;
  /** Milliseconds since 1970 by the server's clock. */
  serverNow(): number;
}

interface Address {
  readonly url: Promise<string>;
  expiresAt: number;
}

/** Files on their way to the server and back. They go by HTTP, beside the socket. */
export class Files {
  readonly #runtime: Runtime;
  readonly #ports: FilesPorts;
  readonly #addresses = new Map<string, Address>();
  readonly #closed = new AbortController();

  constructor(runtime: Runtime, ports: FilesPorts) {
    this.#runtime = runtime;
    this.#ports = ports;
  }

  close(): void {
    this.#closed.abort();
  }

  /** Uploads a file, again and again with the same id until there is an answer, or it is clear that there will be none. */
  upload(file: Blob | ArrayBuffer | Uint8Array<ArrayBuffer>, options: UploadOptions): Promise<AttachmentView> {
    const bytes = file instanceof Blob ? file : new Blob([file]);
    const { durationMs, waveform, onProgress } = options;
    const query = new URLSearchParams({
      id: options.id ?? this.#runtime.makeId(),
      name: options.name ?? ('name' in bytes && typeof bytes.name === 'string' ? bytes.name : ''),
    });
    if (durationMs !== undefined) query.set('durationMs', String(Math.round(durationMs)));
    if (waveform !== undefined) query.set('waveform', waveform.join(','));
    const url = restUrlOf(this.#ports.url, `attachments?${query}`);
    return this.#persist('upload', options.signal, async (token, signal) => {
      const answer = await postBytes(url, bytes, { token, signal, onProgress });
      if (answer.status < 300) return (answer.body as { attachment: AttachmentView }).attachment;
      throw problem(answer);
    });
  }

  /** Downloads a file. */
  download(id: string, { variant, signal }: DownloadOptions): Promise<Blob> {
    const url = restUrlOf(this.#ports.url, `attachments/${id}${variant === undefined ? '' : `?variant=${variant}`}`);
    return this.#persist('download', signal, async (token, ended) => {
      const response = await fetch(url, { headers: { authorization: `Bearer ${token}` }, signal: ended });
      if (response.ok) return response.blob();
      throw problem(await answerOf(response));
    });
  }

  /** An address for images and players that works for some minutes; the same one while it lasts. */
  urlOf(id: string, { variant }: FileOptions): Promise<string> {
    const key = `${id} ${variant ?? 'original'}`;
    const known = this.#addresses.get(key);
    if (known !== undefined && known.expiresAt - LEAST_LIFE_MS > this.#ports.serverNow()) return known.url;
    const asked = this.#ports.call('attachment.url', { attachmentId: id, variant });
    const address: Address = {
      url: asked.then(({ url, expiresAt }) => {
        address.expiresAt = expiresAt;
        return restUrlOf(this.#ports.url, url.slice(PREFIX.length));
      }),
      expiresAt: Number.POSITIVE_INFINITY,
    };
    address.url.catch(() => this.#addresses.delete(key));
    this.#addresses.delete(key);
    this.#addresses.set(key, address);
    const [oldest] = this.#addresses.keys();
    if (this.#addresses.size > MAX_ADDRESSES && oldest !== undefined) this.#addresses.delete(oldest);
    return address.url;
  }

  /** Tries until it is done, refused for good, or given up. A token that is refused is asked for anew, once. */
  async #persist<Result>(
    doing: string,
    given: AbortSignal | undefined,
    attempt: (token: string, signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const signal = given === undefined ? this.#closed.signal : AbortSignal.any([given, this.#closed.signal]);
    let isFresh = false;
    for (let retries = 0; ; retries++) {
      try {
        signal.throwIfAborted();
        return await attempt(await this.#ports.tokens.current(), signal);
      } catch (cause) {
        if (this.#closed.signal.aborted) throw new ParleyError('closed', `unable to ${doing}; the client was closed`);
        if (signal.aborted) throw new ParleyError('aborted', `unable to ${doing}; the caller gave up`);
        const error = toParleyError(cause, doing);
        if (error.code === 'unauthenticated' && !isFresh && this.#ports.tokens.canRenew) {
          isFresh = true;
          await this.#ports.tokens.get('refused');
        } else if (!error.retryable || retries >= MAX_RETRIES) throw error;
        else await this.#pause(retryDelayMs(retries, this.#runtime, error.retryAfterMs ?? 0), signal);
      }
    }
  }

  #pause(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = this.#runtime.setTimer(end, delayMs);
      signal.addEventListener('abort', end);
    });
  }
}

async function answerOf(response: Response): Promise<HttpAnswer> {
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: await response.json().catch(() => null),
  };
}
