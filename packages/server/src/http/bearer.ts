import { AppError } from '../lib/app-error.ts';

const BEARER = /^Bearer ([\x21-\x7e]{1,4096})$/i;

/** The token of an `Authorization` header; throws `unauthenticated` when there is none. */
export function bearerToken(authorization: string | undefined): string {
  const token = BEARER.exec(authorization ?? '')?.[1];
  if (token === undefined) {
    throw new AppError('unauthenticated', 'unable to serve the request; it needs "Authorization: Bearer" with a token');
  }
  return token;
}
