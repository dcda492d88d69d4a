import type { OperationName, OutputOf, RequestOf } from '@parley/protocol';
import { toParleyError } from './errors.ts';
import { restUrlOf } from './options.ts';
import { problem } from './problem.ts';

/** What is asked before there is a session, and so goes by HTTP. */
type AuthOperation = Extract<OperationName, `auth.${string}`>;

const REQUEST_TIMEOUT_MS = 15_000;

/** Says how one gets in: whether an owner exists, and whether sign-up is open. */
export function getAuthInfo(url: string): Promise<OutputOf<'auth.info'>> {
  return request<'auth.info'>(url, 'GET', 'auth/info');
}

/** Gives a session token for a user name and password. */
export function signIn(url: string, input: RequestOf<'auth.sign_in'>): Promise<OutputOf<'auth.sign_in'>> {
  return request<'auth.sign_in'>(url, 'POST', 'auth/sign-in', input);
}

/** Makes an account and gives a session token, with an invitation where sign-up is not open. */
export function signUp(url: string, input: RequestOf<'auth.sign_up'>): Promise<OutputOf<'auth.sign_up'>> {
  return request<'auth.sign_up'>(url, 'POST', 'auth/sign-up', input);
}

/** Makes the first owner with the one-time token that the first start printed. */
export function claimOwner(url: string, input: RequestOf<'auth.claim_owner'>): Promise<OutputOf<'auth.claim_owner'>> {
  return request<'auth.claim_owner'>(url, 'POST', 'auth/claim-owner', input);
}

/** Ends the session of a token; its sockets are cut. */
export async function signOut(url: string, token: string): Promise<void> {
  await request<'auth.sign_out'>(url, 'POST', 'auth/sign-out', {}, token);
}

async function request<Name extends AuthOperation>(
  url: string,
  method: 'GET' | 'POST',
  path: string,
  body?: object,
  token?: string,
): Promise<OutputOf<Name>> {
  const headers = new Headers({ accept: 'application/json' });
  if (body !== undefined) headers.set('content-type', 'application/json');
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  const init: RequestInit = { method, headers, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) };
  if (body !== undefined) init.body = JSON.stringify(body);
  let response: Response;
  try {
    response = await fetch(restUrlOf(url, path), init);
  } catch (cause) {
    throw toParleyError(cause, `reach ${new URL(url).origin}`);
  }
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return answer as OutputOf<Name>;
  throw problem({ status: response.status, retryAfter: response.headers.get('retry-after'), body: answer });
}
