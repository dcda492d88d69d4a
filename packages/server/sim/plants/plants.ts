import type { Patch } from '../campaign/patch.ts';

/** A bug that is known, and put in on purpose. */
export interface Plant {
  readonly name: string;
  /** What a user of a server with this bug would meet. */
  readonly harm: string;
  readonly patches: readonly Patch[];
}

const SERVER = 'packages/server/src';

export const PLANTS: readonly Plant[] = [
  {
    name: 'ack before commit',
    harm: 'a message is confirmed, and lost when the database goes away in that moment',
    patches: [
      {
        file: `${SERVER}/writer/writer.ts`,
        find: 'const { rows } = await this.#ports.pool.query<BaseRow>(config);',
        replace: `const client = await this.#ports.pool.connect();
      const { rows } = await client
        .query('BEGIN')
        .then(() => client.query<BaseRow>(config))
        .catch((error: unknown) => {
          client.release(true);
          throw error;
        });
      void client.query('COMMIT').then(
        () => client.release(),
        () => client.release(true),
      );`,
      },
    ],
  },
  {
    name: 'resume off by one',
    harm: 'the first message that was missed while the connection was lost never comes',
    patches: [
      {
        file: `${SERVER}/sync/sync.ts`,
        find: 'const points = asked.map(({ channel, since }) => ({ channelId: channel.id, rev: since }));',
        replace: 'const points = asked.map(({ channel, since }) => ({ channelId: channel.id, rev: since + 1 }));',
      },
    ],
  },
];
