import { setTimeout as delay } from 'node:timers/promises';
import { ParleyError } from '@parley/client';
import {
  ERROR_CODES,
  type ErrorCode,
  OPERATIONS,
  type OperationName,
  type OutputOf,
  type RequestOf,
} from '@parley/protocol';

const TIMEOUT_MS = 30_000;
const MAX_TRIES = 20;
const RETRY_MS = 500;
/** A run never waits longer than this for a limit: it says so instead. */
const MAX_WAIT_MS = 60_000;

/** The REST door of a server. */
export class Rest {
  readonly url: string;

  constructor(url: string) {
    this.url = url.replace(/\/+$/, '');
  }

  /** Runs an operation as the holder of a token; waits and tries again where the server asks for it. */
  async call<Name extends OperationName>(
    token: string | null,
    name: Name,
    input: RequestOf<Name>,
  ): Promise<OutputOf<Name>> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#ask(token, name, input);
      } catch (error) {
        if (!(error instanceof ParleyError) || tries >= MAX_TRIES) throw error;
        const waitMs = error.retryAfterMs ?? RETRY_MS;
        if (!isRetryable(error.code) || waitMs > MAX_WAIT_MS) throw error;
        await delay(waitMs);
      }
    }
  }

  async #ask<Name extends OperationName>(token: string | null, name: Name, input: RequestOf<Name>) {
    const { rest } = OPERATIONS[name];
    if (rest === null) throw new Error(`unable to ask for ${name}; it has no route`);
    const fields: Record<string, string | number | undefined> = { ...(input as object) };
    const path = rest.path.replace(/:(\w+)/g, (_, field: string) => {
      const value = String(fields[field]);
      delete fields[field];
      return encodeURIComponent(value);
    });
    const headers = new Headers();
    if (token !== null) headers.set('authorization', `Bearer ${token}`);
    const init: RequestInit = { method: rest.method, headers, signal: AbortSignal.timeout(TIMEOUT_MS) };
    let query = '';
    if (rest.method === 'GET') query = queryOf(fields);
    else if (Object.keys(fields).length > 0 || rest.method !== 'DELETE') {
      headers.set('content-type', 'application/json');
      init.body = JSON.stringify(fields);
    }
    const response = await fetch(`${this.url}/v1${path}${query}`, init).catch((cause: unknown) => {
      throw new ParleyError('unreachable', `unable to reach ${this.url}`, { cause });
    });
    const answer: unknown = await response.json().catch(() => null);
    if (response.ok) return answer as OutputOf<Name>;
    throw problemOf(name, response.status, answer);
  }
}

function queryOf(fields: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(fields)) if (value !== undefined) query.set(key, `${value}`);
  return query.size === 0 ? '' : `?${query.toString()}`;
}

function problemOf(name: string, status: number, answer: unknown): ParleyError {
  const { code, detail, retryAfterMs } = (answer ?? {}) as { code?: ErrorCode; detail?: string; retryAfterMs?: number };
  if (code === undefined) return new ParleyError('unreachable', `unable to ask for ${name}; the answer was ${status}`);
  return new ParleyError(code, detail ?? `unable to ask for ${name}; ${code}`, { retryAfterMs });
}

function isRetryable(code: string): boolean {
  return code in ERROR_CODES && ERROR_CODES[code as ErrorCode].retryable;
}
