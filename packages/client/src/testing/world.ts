import { type ChatClient, createClient } from '../chat-client.ts';
import type { ClientOptions } from '../options.ts';
import { FakeClock } from './fake-clock.ts';
import { ModelServer } from './model-server.ts';

/** A server in memory, a clock that stands still, and clients between them. */
export interface World {
  readonly clock: FakeClock;
  readonly server: ModelServer;
  readonly client: (name: string, options?: Partial<ClientOptions>) => ChatClient;
}

export function world(seed = 1): World {
  const clock = new FakeClock(seed);
  const server = new ModelServer(clock);
  return {
    clock,
    server,
    client: (name, options = {}) => {
      server.user(name);
      return createClient({
        url: 'http://model',
        token: name,
        WebSocket: server.WebSocket,
        runtime: clock.runtime,
        ...options,
      });
    },
  };
}

/** Connects clients. */
export async function online(clock: FakeClock, ...clients: ChatClient[]): Promise<void> {
  const connected = Promise.all(clients.map((client) => client.connect()));
  await clock.advance(100);
  await connected;
}
