import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { AwsV4Signer } from 'aws4fetch';
import { AppError } from '../lib/app-error.ts';
import type { ByteRange } from './blob-store.ts';

/** Where a bucket is, and how one gets in. */
export interface S3Options {
  /** Such as `https://s3.eu-central-1.amazonaws.com`; the bucket's name takes the place of `{bucket}`, or becomes the first part of the path. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Silence after which a request is given up; tests set it. */
  readonly timeoutMs?: number;
  /** First pause before a request is tried again; tests set it. */
  readonly pauseMs?: number;
}

/** A local file to store. */
export interface LocalFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

interface Ask {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly name: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly file?: LocalFile;
  readonly body?: Buffer;
}

/** An object that is stored in parts, and is there when all of them are. */
export interface Upload {
  readonly name: string;
  readonly id: string;
}

const TIMEOUT_MS = 15_000;
const PAUSE_MS = 200;
const MAX_TRIES = 3;
/** As much of an answer goes into a log as tells what went wrong. */
const ERROR_BODY_CHARACTERS = 500;

/**
 * The few requests of the S3 protocol that a file store needs, signed; every one may be repeated, and is when the other side is
 * silent, lost or busy. Throws `unavailable`, or `not_found` for an object that is not there.
 */
export class S3Bucket {
  readonly #options: S3Options;
  readonly #base: string;
  readonly #agent: http.Agent;

  get name(): string {
    return this.#options.bucket;
  }

  constructor(options: S3Options) {
    const { endpoint, bucket } = options;
    this.#options = options;
    this.#base = endpoint.includes('{bucket}')
      ? endpoint.replace('{bucket}', bucket).replace(/\/*$/, '')
      : `${endpoint.replace(/\/*$/, '')}/${bucket}`;
    this.#agent = new (this.#base.startsWith('https:') ? https : http).Agent({ keepAlive: true, maxSockets: 64 });
  }

  async put(name: string, file: LocalFile): Promise<void> {
    const headers = { 'content-length': String(file.size), 'x-amz-content-sha256': file.sha256 };
    (await this.#ask({ method: 'PUT', name, headers, file })).resume();
  }

  get(name: string, range: ByteRange | undefined): Promise<IncomingMessage> {
    const headers = range === undefined ? {} : { range: `bytes=${range.start}-${range.end}` };
    return this.#ask({ method: 'GET', name, headers });
  }

  /** Bytes of an object; throws `not_found`. */
  async sizeOf(name: string): Promise<number> {
    const answer = await this.#ask({ method: 'HEAD', name });
    answer.resume();
    return Number(answer.headers['content-length']);
  }

  /** Begins an object of several parts; what stands under its name stays until it is complete. */
  async beginUpload(name: string): Promise<Upload> {
    const xml = await text(await this.#ask({ method: 'POST', name, query: { uploads: '' } }));
    const id = /<UploadId>([^<]+)</.exec(xml)?.[1];
    if (id === undefined) throw unavailable(new Error('an upload got no id'));
    return { name, id };
  }

  /** Stores a part, by its number from 1; returns the tag by which it is named in the end. */
  async putPart({ name, id }: Upload, number: number, body: Buffer): Promise<string> {
    const query = { partNumber: String(number), uploadId: id };
    const answer = await this.#ask({ method: 'PUT', name, query, headers: headersOf(body), body });
    answer.resume();
    return answer.headers.etag ?? '';
  }

  /** Makes the parts one object. */
  async completeUpload({ name, id }: Upload, tags: readonly string[]): Promise<void> {
    const parts = tags.map((tag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${tag}</ETag></Part>`);
    const body = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`);
    const ask: Ask = { method: 'POST', name, query: { uploadId: id }, headers: headersOf(body), body };
    for (let tries = 1; ; tries++) {
      // A storage that takes its time answers 200 first, and tells in the text that it has failed.
      const said = await text(await this.#ask(ask));
      if (!said.includes('<Error>')) return;
      if (tries === MAX_TRIES) throw unavailable(new Error(said.slice(0, ERROR_BODY_CHARACTERS)));
    }
  }

  /** Gives an upload up, and frees what its parts take. */
  async abortUpload({ name, id }: Upload): Promise<void> {
    (await this.#ask({ method: 'DELETE', name, query: { uploadId: id } })).resume();
  }

  /** Uploads below a prefix that were begun and neither completed nor given up: the first thousand. */
  async openUploads(prefix: string): Promise<Upload[]> {
    const xml = await text(await this.#ask({ method: 'GET', name: '', query: { uploads: '', prefix } }));
    return [...xml.matchAll(/<Upload>(.*?)<\/Upload>/gs)].map(([, upload = '']) => ({
      name: /<Key>([^<]*)</.exec(upload)?.[1] ?? '',
      id: /<UploadId>([^<]*)</.exec(upload)?.[1] ?? '',
    }));
  }

  async delete(name: string): Promise<void> {
    (await this.#ask({ method: 'DELETE', name })).resume();
  }

  /** One page of the names below a prefix, and the token of the next; null after the last. */
  async list(prefix: string, token: string | null): Promise<{ xml: string; next: string | null }> {
    const query = { 'list-type': '2', prefix, ...(token === null ? {} : { 'continuation-token': token }) };
    const xml = await text(await this.#ask({ method: 'GET', name: '', query }));
    return { xml, next: /<NextContinuationToken>([^<]+)</.exec(xml)?.[1] ?? null };
  }

  /** Resolves when the bucket is there and lets us in. */
  async check(): Promise<void> {
    (await this.#ask({ method: 'HEAD', name: '' })).resume();
  }

  close(): void {
    this.#agent.destroy();
  }

  async #ask(ask: Ask): Promise<IncomingMessage> {
    for (let tries = 1; ; tries++) {
      const answer = await this.#attempt(ask);
      if (!(answer instanceof Error)) {
        const { statusCode = 0 } = answer;
        if (statusCode < 300) return answer;
        if (statusCode === 404 && ask.name !== '' && ask.method !== 'PUT') {
          answer.resume();
          if (ask.method === 'DELETE') return answer;
          throw new AppError('not_found', 'unable to give the file; its bytes are gone', { level: 'error' });
        }
        const said = await bodyOf(answer);
        if ((statusCode < 500 && statusCode !== 429) || tries === MAX_TRIES) {
          throw unavailable(new Error(`${ask.method} was answered ${statusCode}: ${said}`));
        }
      } else if (tries === MAX_TRIES) throw unavailable(answer);
      await pause((this.#options.pauseMs ?? PAUSE_MS) * 4 ** (tries - 1) * (0.5 + Math.random()));
    }
  }

  /** One request; an error where there was no answer. */
  async #attempt({ method, name, query = {}, headers = {}, file, body }: Ask): Promise<IncomingMessage | Error> {
    const { accessKeyId, secretAccessKey, region, timeoutMs = TIMEOUT_MS } = this.#options;
    const search = new URLSearchParams(query).toString();
    const signed = await new AwsV4Signer({
      method,
      url: this.#base + (name === '' ? '' : `/${name}`) + (search === '' ? '' : `?${search}`),
      headers: { ...headers },
      accessKeyId,
      secretAccessKey,
      region,
      service: 's3',
    }).sign();
    return new Promise((resolve) => {
      const options = { method, agent: this.#agent, headers: Object.fromEntries(signed.headers) };
      const request = (signed.url.protocol === 'https:' ? https : http).request(signed.url, options);
      request.on('response', resolve);
      request.on('error', resolve);
      request.setTimeout(timeoutMs, () => request.destroy(new Error(`silent for ${timeoutMs} ms`)));
      if (file === undefined) request.end(body);
      else pour(file, request);
    });
  }
}

function headersOf(body: Buffer): Record<string, string> {
  const sha256 = createHash('sha256').update(body).digest('hex');
  return { 'content-length': String(body.length), 'x-amz-content-sha256': sha256 };
}

function pour(file: LocalFile, request: ClientRequest): void {
  const source = createReadStream(file.path);
  source.on('error', (error) => request.destroy(error));
  request.on('close', () => source.destroy());
  source.pipe(request);
}

async function bodyOf(answer: IncomingMessage): Promise<string> {
  try {
    return (await text(answer)).slice(0, ERROR_BODY_CHARACTERS);
  } catch {
    return 'and broke off';
  }
}

function unavailable(cause: Error): AppError {
  return new AppError('unavailable', 'unable to reach the file store; try again later', { level: 'warn', cause });
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, delayMs));
}
