import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
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
/** The build leaves packed files beside what it packs; the smallest first. */
const PACKINGS = [
  { encoding: 'br', suffix: '.br' },
  { encoding: 'gzip', suffix: '.gz' },
] as const;
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
  readonly packed: readonly PackedFile[];
}

interface PackedFile {
  readonly encoding: string;
  readonly bytes: Buffer;
}

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
  const paths = new Set(
    entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name)),
  );
  const found = await Promise.all(
    [...paths].filter(isPlain).map(async (path) => {
      const address = `/${path.slice(directory.length).split(/[\\/]/).filter(Boolean).join('/')}`;
      const packings = PACKINGS.filter(({ suffix }) => paths.has(path + suffix));
      const packed = packings.map(async ({ encoding, suffix }) => ({ encoding, bytes: await readFile(path + suffix) }));
      return [address, webFile(address, await readFile(path), await Promise.all(packed))] as const;
    }),
  );
  return new Map(found);
}

function isPlain(path: string): boolean {
  return !PACKINGS.some(({ suffix }) => path.endsWith(suffix));
}

function webFile(address: string, plain: Buffer, packed: readonly PackedFile[]): WebFile {
  const kind = extname(address);
  return {
    etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
    headers: {
      ...SHARED_HEADERS,
      ...(kind === '.html' ? PAGE_HEADERS : {}),
      // The browser asks for the worker's own policy when it runs it.
      ...(address === '/service-worker.js' ? { 'content-security-policy': "default-src 'self'" } : {}),
      'content-type': TYPES[kind] ?? 'application/octet-stream',
      'cache-control': address.startsWith('/assets/') ? IMMUTABLE : REVALIDATE,
      ...(packed.length > 0 ? { vary: 'accept-encoding' } : {}),
    },
    plain,
    packed,
  };
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: WebFile): FastifyReply {
  reply.headers({ ...file.headers, etag: file.etag });
  if (request.headers['if-none-match']?.includes(file.etag) === true) return reply.code(304).send();
  const accepted = request.headers['accept-encoding'] ?? '';
  const packed = file.packed.find(({ encoding }) => new RegExp(`\\b${encoding}\\b`).test(accepted));
  if (packed === undefined) return reply.send(file.plain);
  return reply.header('content-encoding', packed.encoding).send(packed.bytes);
}

function sendNotBuilt(_request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply
    .headers({ ...SHARED_HEADERS, 'cache-control': 'no-store', 'content-type': 'text/plain; charset=utf-8' })
    .send('Parley is running. Its web app is not built yet: run `npm run build`, then start again.\n');
}
