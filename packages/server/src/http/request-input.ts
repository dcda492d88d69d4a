import { LIMITS } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../lib/app-error.ts';
import { parseJsonBytes } from '../lib/strict-json.ts';

/** Keys of one JSON object. */
const MAX_KEYS = 64;
/** One spelling of one type: whatever reads more into this header has been fooled by it before. */
const JSON_TYPE = /^application\/json(?:; ?charset=utf-8)?$/i;
const FORBIDDEN_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Makes the door read JSON bodies and nothing else. */
export function acceptStrictJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: LIMITS.frameBytes }, (request, body, done) => {
    try {
      done(null, readBody(request.headers, body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });
}

function readBody(
  headers: { 'content-type'?: string | undefined; 'content-encoding'?: string | undefined },
  body: Buffer,
) {
  // Some clients name a type though they send nothing.
  if (body.length === 0) return undefined;
  if (!JSON_TYPE.test(headers['content-type'] ?? '')) {
    throw new AppError('unsupported_type', 'unable to read the body; its Content-Type must be application/json');
  }
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') {
    throw new AppError('unsupported_type', 'unable to read the body; it must not be compressed');
  }
  return parseJsonBytes(body, { maxDepth: LIMITS.jsonDepth, maxKeys: MAX_KEYS });
}

export interface RequestParts {
  readonly method: string;
  readonly url: string;
  readonly params: unknown;
  readonly body: unknown;
}

/**
 * The input of an operation: path parameters, and the query of a GET or DELETE or the body of the others. Nothing may be
 * said twice, and nothing in the wrong place.
 */
export function inputOf({ method, url, params, body }: RequestParts): Record<string, unknown> {
  const query = queryOf(url);
  const hasBody = method !== 'GET' && method !== 'HEAD' && method !== 'DELETE';
  if (hasBody && query.size > 0) throw refused('this method takes its input from the body, not from the query');
  if (body !== undefined && !isRecord(body)) throw refused('the body must be a JSON object');
  const input: Record<string, unknown> = { ...body };
  for (const [name, value] of [...query, ...Object.entries(isRecord(params) ? params : {})]) {
    if (Object.hasOwn(input, name)) throw refused('a value is given twice');
    input[name] = value;
  }
  return input;
}

/** The query of an address; throws `bad_request` where a name is given twice. */
export function queryOf(url: string): Map<string, string> {
  const at = url.indexOf('?');
  const found = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(at < 0 ? '' : url.slice(at + 1))) {
    if (found.has(name) || FORBIDDEN_NAMES.has(name))
      throw refused('the query has a name twice, or one that is not allowed');
    found.set(name, value);
  }
  return found;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refused(reason: string): AppError {
  return new AppError('bad_request', `unable to read the request; ${reason}`);
}
