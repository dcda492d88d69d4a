import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};
/** Other kinds are compressed already. */
const COMPRESSED_KINDS: ReadonlySet<string> = new Set(['.html', '.js', '.css', '.json', '.webmanifest', '.svg']);
/** Below this a compressed answer is no smaller on the wire. */
const MIN_COMPRESSED_BYTES = 512;
/** A year: names below `assets/` carry a hash of their content. */
const IMMUTABLE = 'public, max-age=31536000, immutable';
const REVALIDATE = 'no-cache';

/**
 * No inline scripts or styles, nothing from elsewhere, no frames around us, and no text may become HTML or script by any of the DOM's
 * string doors (`parley` is the one policy of the app: it names the service worker's address).
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types parley',
].join('; ');

const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(self), payment=(), usb=()',
  'x-frame-options': 'DENY',
};

const SHARED_HEADERS: Readonly<Record<string, string>> = {
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

interface WebFile {
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly plain: Buffer;
  /** Packs it, once, when the first asks for it: a start waits for nothing. Null: it would not be smaller. */
  readonly packed: Readonly<Record<Packing, () => Promise<Buffer>>> | null;
}

type Packing = 'br' | 'gzip';

/** Serves the built web app at `/` from memory: hashed files for ever, the page itself never without asking again. */
export async function registerStaticWeb(app: FastifyInstance, directory: string): Promise<void> {
  const files = await readWebFiles(directory);
  for (const [path, file] of files) {
    const answer = (request: FastifyRequest, reply: FastifyReply) => sendFile(request, reply, file);
    app.get(path, answer);
    if (path === '/index.html') app.get('/', answer);
  }
  if (!files.has('/index.html')) app.get('/', sendNotBuilt);
}

async function readWebFiles(directory: string): Promise<Map<string, WebFile>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        const address = `/${path.slice(directory.length).split(/[\\/]/).filter(Boolean).join('/')}`;
        return [address, await readWebFile(path, address)] as const;
      }),
  );
  return new Map(found);
}

async function readWebFile(path: string, address: string): Promise<WebFile> {
  const plain = await readFile(path);
  const kind = extname(path);
  const isPacked = COMPRESSED_KINDS.has(kind) && plain.length >= MIN_COMPRESSED_BYTES;
  return {
    etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
    headers: {
      ...SHARED_HEADERS,
      ...(kind === '.html' ? PAGE_HEADERS : {}),
      // The browser asks for the worker's own policy when it runs it.
      ...(address === '/service-worker.js' ? { 'content-security-policy': "default-src 'self'" } : {}),
      'content-type': TYPES[kind] ?? 'application/octet-stream',
      'cache-control': address.startsWith('/assets/') ? IMMUTABLE : REVALIDATE,
      ...(isPacked ? { vary: 'accept-encoding' } : {}),
    },
    plain,
    packed: isPacked
      ? {
          br: once(() => promisify(brotliCompress)(plain, { params: BROTLI })),
          gzip: once(() => promisify(gzip)(plain, { level: 9 })),
        }
      : null,
  };
}

/** Level 9 of 11: within 3 % of the smallest and a tenth of its time, which the first reader has to wait for. */
const BROTLI = { [constants.BROTLI_PARAM_QUALITY]: 9 };

function once<Result>(make: () => Promise<Result>): () => Promise<Result> {
  let made: Promise<Result> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

async function sendFile(request: FastifyRequest, reply: FastifyReply, file: WebFile): Promise<FastifyReply> {
  reply.headers({ ...file.headers, etag: file.etag });
  if (request.headers['if-none-match']?.includes(file.etag) === true) return reply.code(304).send();
  const accepted = request.headers['accept-encoding'] ?? '';
  const packing = (['br', 'gzip'] as const).find((name) => new RegExp(`\\b${name}\\b`).test(accepted));
  if (file.packed === null || packing === undefined) return reply.send(file.plain);
  return reply.header('content-encoding', packing).send(await file.packed[packing]());
}

function sendNotBuilt(_request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply
    .headers({ ...SHARED_HEADERS, 'cache-control': 'no-store', 'content-type': 'text/plain; charset=utf-8' })
    .send('Parley is running. Its web app is not built yet: run `npm run build`, then start again.\n');
}
