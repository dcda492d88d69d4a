import { Readable } from 'node:stream';
import { FILE_OPERATIONS, type UserId } from '@parley/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AttachmentRow } from '../attachments/attachment-store.ts';
import type { Attachments } from '../attachments/attachments.ts';
import { contentDisposition } from '../attachments/file-name.ts';
import { THUMBNAIL_TYPE } from '../attachments/pictures.ts';
import { isShown } from '../attachments/sniff.ts';
import { parseInput } from '../commands/run-command.ts';
import { AppError } from '../lib/app-error.ts';
import { present } from '../lib/assert.ts';
import { demandVerdict } from '../rate-limit/rate-limiter.ts';
import type { Actor } from '../users/actor.ts';
import { byteRange } from './byte-range.ts';
import type { HttpPorts } from './http-ports.ts';
import { actorOf } from './operation-routes.ts';
import { queryOf } from './request-input.ts';

/** An upload may take long, but not say nothing for long: after this its connection is cut. */
const SILENCE_MS = 30_000;

/** Even opened by itself a file may run nothing and reach nobody. */
const FILE_HEADERS: Readonly<Record<string, string>> = {
  'accept-ranges': 'bytes',
  'cache-control': 'private, no-cache',
  'content-security-policy': "default-src 'none'; img-src 'self'; media-src 'self'; sandbox",
};

/** Takes uploads as they come, and gives them back to those who may have them. */
export async function serveAttachments(
  app: FastifyInstance,
  ports: HttpPorts,
  attachments: Attachments,
): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // The body stays a stream: it goes to its store piece by piece, and is counted on the way.
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    const actors = new WeakMap<FastifyRequest, Actor>();
    scope.post('/v1/attachments', {
      onRequest: async (request) => void actors.set(request, await admit(ports, attachments, request)),
      handler: async (request, reply) => {
        const actor = present(actors.get(request), 'the actor of the request');
        const described = parseInput(FILE_OPERATIONS['attachment.upload'].input, parametersOf(request));
        const body = request.body instanceof Readable ? request.body : Readable.from([]);
        return reply.code(201).send({ attachment: await attachments.accept(actor.userId, described, body) });
      },
    });
    scope.get<{ Params: { attachmentId: string } }>('/v1/attachments/:attachmentId', async (request, reply) => {
      const given = { ...parametersOf(request), attachmentId: request.params.attachmentId };
      const { attachmentId, ticket, variant } = parseInput(FILE_OPERATIONS['attachment.get'].input, given);
      const userId =
        ticket === undefined ? await readerOf(ports, request) : await attachments.holderOf(ticket, attachmentId);
      // The address is the secret: pages of a host application may show it.
      if (ticket !== undefined) void reply.header('cross-origin-resource-policy', 'cross-origin');
      const row = await attachments.find(userId, attachmentId);
      return variant === 'thumbnail'
        ? sendThumbnail(reply, request, attachments, row)
        : sendFile(reply, request, attachments, row);
    });
  });
}

/** Before the body is read: who it is, whether he may, and whether it can fit. */
async function admit(ports: HttpPorts, attachments: Attachments, request: FastifyRequest): Promise<Actor> {
  request.raw.setTimeout(SILENCE_MS);
  const actor = await actorOf(ports, request);
  if (actor.scopes !== null && !actor.scopes.includes('write')) {
    throw new AppError('scope_missing', 'unable to store the file; the key lacks the scope write');
  }
  if ((await ports.mayUpload?.(actor)) === false) {
    throw new AppError('unavailable', 'unable to store the file; uploads are switched off for now');
  }
  const { limiter, factorOf } = ports.commands;
  demandVerdict(await limiter.take('upload', actor.userId, factorOf(actor)), 'upload');
  const { 'content-encoding': encoding = 'identity', 'content-length': length = '0' } = request.headers;
  if (encoding !== 'identity') {
    throw new AppError('unsupported_type', 'unable to store the file; it must not be compressed on the way');
  }
  if (Number(length) > attachments.maxBytes) {
    throw new AppError('too_large', `unable to store the file; at most ${attachments.maxBytes} bytes`);
  }
  return actor;
}

async function readerOf(ports: HttpPorts, request: FastifyRequest): Promise<UserId> {
  const actor = await actorOf(ports, request);
  if (actor.scopes !== null && !actor.scopes.includes('read')) {
    throw new AppError('scope_missing', 'unable to give the file; the key lacks the scope read');
  }
  demandVerdict(await ports.commands.limiter.take('read', actor.userId, ports.commands.factorOf(actor)), 'read');
  return actor.userId;
}

async function sendFile(
  reply: FastifyReply,
  request: FastifyRequest,
  attachments: Attachments,
  row: AttachmentRow,
): Promise<FastifyReply> {
  const etag = `"${row.id}"`;
  void reply.headers({
    ...FILE_HEADERS,
    etag,
    'content-type': row.type === 'text/plain' ? 'text/plain; charset=utf-8' : row.type,
    'content-disposition': contentDisposition(isShown(row.type) ? 'inline' : 'attachment', row.name),
  });
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  const range = byteRange(request.headers.range, row.size);
  if (range === 'unsatisfiable') {
    return reply.code(416).header('content-range', `bytes */${row.size}`).send();
  }
  const { start, end } = range ?? { start: 0, end: row.size - 1 };
  if (range !== null) void reply.code(206).header('content-range', `bytes ${start}-${end}/${row.size}`);
  void reply.header('content-length', end - start + 1);
  return reply.send(request.method === 'HEAD' ? undefined : await attachments.read(row, { start, end }));
}

async function sendThumbnail(
  reply: FastifyReply,
  request: FastifyRequest,
  attachments: Attachments,
  row: AttachmentRow,
): Promise<FastifyReply> {
  const etag = `"${row.id}-thumbnail"`;
  void reply.headers({ ...FILE_HEADERS, etag, 'accept-ranges': 'none', 'content-type': THUMBNAIL_TYPE });
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  return reply.send(await attachments.readThumbnail(row));
}

function parametersOf(request: FastifyRequest): Record<string, string> {
  return Object.fromEntries(queryOf(request.url));
}
