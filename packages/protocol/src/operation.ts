import type { z } from 'zod';
import type { Scope } from './roles.ts';

/** Where an operation lives at the REST door: path parameters and the query are fields of its input. */
export interface RestRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Fastify-style path below `/v1`, such as `/channels/:channelId`. */
  readonly path: string;
}

/** The rate-limit policies an operation may count against; their sizes are settings. */
export type PolicyName =
  | 'message'
  | 'channelCreation'
  | 'join'
  | 'signIn'
  | 'signUp'
  | 'search'
  | 'upload'
  | 'change'
  | 'read'
  | 'signal'
  | 'connect';

/**
 * One thing a client can ask for. The same entry makes the command frame of the socket, the REST route, and both
 * documents (AsyncAPI and OpenAPI), so the doors cannot drift apart.
 */
export interface Operation<
  Name extends string = string,
  In extends z.ZodType = z.ZodType,
  Out extends z.ZodType = z.ZodType,
> {
  readonly name: Name;
  readonly summary: string;
  readonly input: In;
  readonly output: Out;
  readonly rest: RestRoute | null;
  /** `rest` operations have no command frame: they need no session, or a body that is not JSON. */
  readonly door: 'both' | 'rest' | 'socket';
  /** What an API key needs to be given for this. */
  readonly scope: Scope;
  readonly policy: PolicyName;
}

type Options<In, Out> = Pick<Operation, 'summary' | 'scope' | 'policy'> &
  Partial<Pick<Operation, 'door'>> & { rest?: string; input: In; output: Out };

/** Declares an operation; `rest` reads like `POST /channels/:channelId/messages`. */
export function operation<Name extends string, In extends z.ZodType, Out extends z.ZodType>(
  name: Name,
  options: Options<In, Out>,
): Operation<Name, In, Out> {
  const { rest, door = rest === undefined ? 'socket' : 'both', ...others } = options;
  return { ...others, name, door, rest: rest === undefined ? null : parseRoute(rest) };
}

function parseRoute(text: string): RestRoute {
  const [method, path] = text.split(' ');
  return { method: method as RestRoute['method'], path: path ?? '' };
}
