interface ErrorCodeFacts {
  /** HTTP status of the same error at the REST door. */
  readonly status: number;
  /** True when the same request may succeed later, unchanged. */
  readonly retryable: boolean;
  readonly meaning: string;
}

/** Every code an `error` frame or a problem+json answer can carry. A reply error ends one command, never the socket. */
export const ERROR_CODES = {
  bad_request: { status: 400, retryable: false, meaning: 'The input does not have the documented shape.' },
  bad_text: {
    status: 400,
    retryable: false,
    meaning: 'A text holds NUL, a lone surrogate or too many combining marks.',
  },
  bad_cursor: {
    status: 400,
    retryable: false,
    meaning: 'A paging cursor is malformed or was not made by this server.',
  },
  unknown_command: { status: 400, retryable: false, meaning: 'The frame type is not one this server knows.' },
  unauthenticated: { status: 401, retryable: false, meaning: 'No token, or one that is unknown, expired or revoked.' },
  bad_credentials: { status: 401, retryable: false, meaning: 'User name and password do not match.' },
  forbidden: { status: 403, retryable: false, meaning: 'The caller may not do this here.' },
  origin_refused: { status: 403, retryable: false, meaning: 'The request comes from a web page of another origin.' },
  scope_missing: { status: 403, retryable: false, meaning: 'The API key was not given the scope that this needs.' },
  not_found: { status: 404, retryable: false, meaning: 'It does not exist, or the caller may not know that it does.' },
  method_not_allowed: { status: 405, retryable: false, meaning: 'The address exists, for other methods.' },
  conflict: { status: 409, retryable: false, meaning: 'It clashes with what exists, such as a name that is taken.' },
  id_taken: {
    status: 409,
    retryable: false,
    meaning: 'The message id was already used by somebody else in this channel.',
  },
  key_in_use: { status: 409, retryable: true, meaning: 'A request with the same Idempotency-Key is still running.' },
  key_reused: { status: 422, retryable: false, meaning: 'The Idempotency-Key was used before with another body.' },
  archived: { status: 409, retryable: false, meaning: 'The channel is archived; nothing in it can change.' },
  channel_full: { status: 409, retryable: false, meaning: 'The channel has reached its `maxMembers`.' },
  last_owner: {
    status: 409,
    retryable: false,
    meaning: 'The last owner cannot leave or step down; name another first.',
  },
  banned: { status: 403, retryable: false, meaning: 'The user is banned from this channel.' },
  invitation_invalid: {
    status: 410,
    retryable: false,
    meaning: 'The invitation is unknown, expired, revoked or used up.',
  },
  deleted: { status: 410, retryable: false, meaning: 'The message was deleted.' },
  too_large: { status: 413, retryable: false, meaning: 'A body, file or list is above its limit.' },
  unsupported_type: { status: 415, retryable: false, meaning: 'The content type is not accepted here.' },
  rate_limited: { status: 429, retryable: true, meaning: 'Too many of these; wait `retryAfterMs`.' },
  busy: { status: 503, retryable: true, meaning: 'The queue is full or the database is away; wait `retryAfterMs`.' },
  expired: {
    status: 503,
    retryable: true,
    meaning: 'The send waited longer than the queue keeps entries; it was not stored.',
  },
  draining: { status: 503, retryable: true, meaning: 'This node is shutting down; connect again elsewhere.' },
  unavailable: { status: 503, retryable: true, meaning: 'A part this needs is away for the moment.' },
  parked: {
    status: 500,
    retryable: false,
    meaning: 'The send could not be stored for a reason of its own; it was set aside for the operator.',
  },
  internal: { status: 500, retryable: true, meaning: 'A fault of the server; it was logged.' },
} as const satisfies Record<string, ErrorCodeFacts>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** True when the same request may succeed later, unchanged. Codes of a newer server count as not retryable. */
export function isRetryable(code: string): boolean {
  return Object.hasOwn(ERROR_CODES, code) && ERROR_CODES[code as ErrorCode].retryable;
}
