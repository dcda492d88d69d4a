import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { S3Options } from '../attachments/s3-bucket.ts';

/** What a test lets go wrong: the answer is given in place of the server's own; undefined leaves it to the server. */
export type S3Fault = (request: IncomingMessage, response: ServerResponse) => boolean;

interface StoredObject {
  readonly bytes: Buffer;
  modifiedAt: number;
}

/** As the real ones have it, for all parts of an upload but the last. */
const MIN_PART_BYTES = 5_242_880;

/** An S3 storage in memory that checks signatures, lengths and hashes as the real ones do, and fails on request. */
export class TestS3 {
  readonly objects = new Map<string, StoredObject>();
  /** Requests that were let in, as `METHOD /path`. */
  readonly asked: string[] = [];
  fault: S3Fault | null = null;
  /** Requests that are obeyed, and whose answers are lost. */
  lose: (request: IncomingMessage) => boolean = () => false;
  /** Parts of the objects that are not complete, by the id of their upload. */
  readonly uploads = new Map<string, { readonly name: string; readonly parts: Map<number, Buffer> }>();
  /** Keys on one page of a list. */
  pageSize = 1_000;
  readonly #server: Server;
  readonly #options: Omit<S3Options, 'endpoint'>;

  private constructor(options: Omit<S3Options, 'endpoint'>) {
    this.#options = options;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start({ bucket = 'files' }: { bucket?: string } = {}): Promise<TestS3> {
    const s3 = new TestS3({
      bucket,
      region: 'test-1',
      accessKeyId: 'AKIATEST',
      secretAccessKey: 'a secret key/of+tests',
      timeoutMs: 500,
      pauseMs: 1,
    });
    await new Promise<void>((resolve) => void s3.#server.listen(0, '127.0.0.1', resolve));
    return s3;
  }

  get options(): S3Options {
    return { ...this.#options, endpoint: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}` };
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => void this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.asked.push(`${request.method} ${request.url?.split('?', 1)[0]}`);
    if (this.fault?.(request, response) === true) return;
    try {
      const bytes = await buffer(request);
      if (this.lose(request)) request.socket.destroy();
      const refusal = this.#refusal(request, bytes);
      if (refusal !== null)
        answer(response, refusal === 'NoSuchBucket' ? 404 : 403, `<Error><Code>${refusal}</Code></Error>`);
      else this.#answer(request, response, bytes);
    } catch {
      response.destroy();
    }
  }

  #refusal(request: IncomingMessage, bytes: Buffer): string | null {
    const hash = request.headers['x-amz-content-sha256'];
    if (hash !== 'UNSIGNED-PAYLOAD' && hash !== createHash('sha256').update(bytes).digest('hex')) {
      return 'XAmzContentSHA256Mismatch';
    }
    if (request.method === 'PUT' && request.headers['content-length'] === undefined) return 'MissingContentLength';
    if (!this.#isSigned(request)) return 'SignatureDoesNotMatch';
    return this.#nameOf(request) === null ? 'NoSuchBucket' : null;
  }

  /** Of the object that is asked for; null where the bucket is neither the first part of the host nor of the path. */
  #nameOf({ url = '', headers }: IncomingMessage): string | null {
    const { bucket } = this.#options;
    const { pathname } = new URL(url, 'http://x');
    if (headers.host?.split(/[.:]/, 1)[0] === bucket) return pathname.slice(1);
    const [, first, ...rest] = pathname.split('/');
    return first === bucket ? rest.join('/') : null;
  }

  /** Signature version 4, written from its description and not with the library that the server signs with. */
  #isSigned({ method, url = '', headers }: IncomingMessage): boolean {
    const form =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
    const [, keyId, day = '', region = '', names = '', signature = ''] = form.exec(headers.authorization ?? '') ?? [];
    if (keyId !== this.#options.accessKeyId || region !== this.#options.region) return false;
    const { pathname, searchParams } = new URL(url, 'http://x');
    const query = [...searchParams].map((pair) => pair.map(encodeURIComponent).join('=')).sort();
    const signed = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
    const canonical = [method, pathname, query.join('&'), signed.join(''), names, headers['x-amz-content-sha256']].join(
      '\n',
    );
    const digest = createHash('sha256').update(canonical).digest('hex');
    const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], `${day}/${region}/s3/aws4_request`, digest].join('\n');
    let key: Buffer = Buffer.from(`AWS4${this.#options.secretAccessKey}`);
    for (const part of [day, region, 's3', 'aws4_request', text]) key = createHmac('sha256', key).update(part).digest();
    return names.includes('host') && timingSafeEqual(key, Buffer.from(signature, 'hex'));
  }

  #answer(request: IncomingMessage, response: ServerResponse, bytes: Buffer): void {
    const { searchParams } = new URL(request.url ?? '', 'http://x');
    const name = this.#nameOf(request) ?? '';
    if (searchParams.has('uploads') || searchParams.has('uploadId')) {
      return this.#answerUpload({ method: request.method ?? '', name, query: searchParams, bytes }, response);
    }
    if (name === '') return request.method === 'HEAD' ? answer(response, 200, '') : this.#list(response, searchParams);
    if (request.method === 'PUT') {
      this.objects.set(name, { bytes, modifiedAt: Date.now() });
      return answer(response, 200, '');
    }
    if (request.method === 'DELETE') {
      this.objects.delete(name);
      return answer(response, 204, '');
    }
    const object = this.objects.get(name);
    if (object === undefined) return answer(response, 404, '<Error><Code>NoSuchKey</Code></Error>');
    const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    if (start === undefined) return answer(response, 200, object.bytes);
    answer(response, 206, object.bytes.subarray(Number(start), Number(end) + 1));
  }

  #answerUpload({ method, name, query, bytes }: UploadRequest, response: ServerResponse): void {
    if (method === 'GET') {
      const open = [...this.uploads].filter(([, upload]) => upload.name.startsWith(query.get('prefix') ?? ''));
      const list = open.map(([id, upload]) => `<Upload><Key>${upload.name}</Key><UploadId>${id}</UploadId></Upload>`);
      return answer(response, 200, `<ListMultipartUploadsResult>${list.join('')}</ListMultipartUploadsResult>`);
    }
    if (query.has('uploads')) {
      const id = `upload-${this.asked.length}`;
      this.uploads.set(id, { name, parts: new Map() });
      return answer(
        response,
        200,
        `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
      );
    }
    const id = query.get('uploadId') ?? '';
    const upload = this.uploads.get(id);
    if (upload?.name !== name) return answer(response, 404, '<Error><Code>NoSuchUpload</Code></Error>');
    if (method === 'PUT') {
      upload.parts.set(Number(query.get('partNumber')), bytes);
      response.setHeader('etag', tagOf(bytes));
      return answer(response, 200, '');
    }
    if (method === 'POST') {
      const refusal = completionFault(upload.parts, String(bytes));
      if (refusal !== null) return answer(response, 400, `<Error><Code>${refusal}</Code></Error>`);
      this.objects.set(name, { bytes: Buffer.concat(partsOf(upload.parts)), modifiedAt: Date.now() });
    }
    this.uploads.delete(id);
    answer(response, method === 'POST' ? 200 : 204, '');
  }

  #list(response: ServerResponse, query: URLSearchParams): void {
    const after = query.get('continuation-token') ?? '';
    const names = [...this.objects.keys()]
      .filter((name) => name.startsWith(query.get('prefix') ?? '') && name > after)
      .sort();
    const page = names.slice(0, this.pageSize);
    const contents = page.map((name) => {
      const modified = new Date(this.objects.get(name)?.modifiedAt ?? 0).toISOString();
      return `<Contents><Key>${name}</Key><LastModified>${modified}</LastModified><Size>1</Size></Contents>`;
    });
    const next = names.length > page.length ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : '';
    answer(response, 200, `<?xml version="1.0"?><ListBucketResult>${contents.join('')}${next}</ListBucketResult>`);
  }
}

interface UploadRequest {
  readonly method: string;
  readonly name: string;
  readonly query: URLSearchParams;
  readonly bytes: Buffer;
}

function tagOf(bytes: Buffer): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`;
}

function partsOf(parts: ReadonlyMap<number, Buffer>): Buffer[] {
  return [...parts].sort(([one], [other]) => one - other).map(([, bytes]) => bytes);
}

/** What is wrong with the list of parts that a client says it has stored. */
function completionFault(parts: ReadonlyMap<number, Buffer>, xml: string): string | null {
  const named = [...xml.matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>([^<]*)</g)];
  const isRight = named.every(([, number, tag], at) => {
    const bytes = parts.get(Number(number));
    return Number(number) === at + 1 && bytes !== undefined && tagOf(bytes) === tag;
  });
  if (!isRight || named.length !== parts.size) return 'InvalidPart';
  return partsOf(parts)
    .slice(0, -1)
    .some(({ length }) => length < MIN_PART_BYTES)
    ? 'EntityTooSmall'
    : null;
}

function answer(response: ServerResponse, status: number, body: string | Buffer): void {
  response.writeHead(status, { 'content-length': Buffer.byteLength(body) }).end(body);
}
