import { type ChatClient, claimOwner, createClient, signUp } from '@parley/client';
import type { SignedIn } from '@parley/protocol';
import { WebSocket } from 'ws';

export const PASSWORD = 'correct horse battery';

/** Somebody with an account, connected by the SDK. */
export interface Person {
  readonly signedIn: SignedIn;
  readonly client: ChatClient;
}

/** The server as far as making people needs it. */
interface Server {
  readonly url: string;
  ownerToken(): string;
}

/** Makes the owner of a fresh server. */
export async function makeOwner(server: Server, displayName: string): Promise<Person> {
  const account = { username: usernameOf(displayName), displayName, password: PASSWORD };
  return join(server.url, await claimOwner(server.url, { ...account, ownerToken: server.ownerToken() }));
}

/** Makes an account on a server where anybody may. */
export async function makePerson(url: string, displayName: string): Promise<Person> {
  return join(url, await signUp(url, { username: usernameOf(displayName), displayName, password: PASSWORD }));
}

/** `Ada Lovelace` signs in as `ada`. */
export function usernameOf(displayName: string): string {
  const [first = ''] = displayName.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().split(' ');
  return first.slice(0, 32);
}

async function join(url: string, signedIn: SignedIn): Promise<Person> {
  const client = createClient({ url, token: signedIn.token, WebSocket });
  await client.connect();
  return { signedIn, client };
}
