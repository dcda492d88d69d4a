import { errorFrom, ParleyError } from './errors.ts';

/** As much of an HTTP answer as tells what went wrong. */
export interface HttpAnswer {
  readonly status: number;
  /** The `Retry-After` header. */
  readonly retryAfter: string | null;
  /** The parsed body; null where it is no JSON. */
  readonly body: unknown;
}

/** The error that an HTTP answer stands for. */
export function problem({ status, retryAfter, body }: HttpAnswer): ParleyError {
  const { code, detail, retryAfterMs, errors } = (body ?? {}) as Record<string, unknown>;
  if (typeof code !== 'string') return new ParleyError('unreachable', `unable to ask; the server answered ${status}`);
  const seconds = Number(retryAfter ?? Number.NaN);
  const waitMs =
    typeof retryAfterMs === 'number' ? retryAfterMs : Number.isFinite(seconds) ? seconds * 1_000 : undefined;
  return errorFrom({
    code: code as never,
    message: typeof detail === 'string' ? detail : code,
    retryAfterMs: waitMs,
    ...(Array.isArray(errors) ? { issues: errors.flatMap(issueOf) } : {}),
  });
}

/** A problem points into the body with a JSON pointer; a frame names the same place with dots. */
function issueOf(error: unknown): { path: string; message: string }[] {
  const { pointer, message } = (error ?? {}) as Record<string, unknown>;
  if (typeof pointer !== 'string' || typeof message !== 'string') return [];
  return [{ path: pointer.slice(1).replaceAll('/', '.'), message }];
}
