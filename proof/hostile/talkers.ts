import { type Checker, createChecker, formatVerdict, LoggedClient, Random } from '@parley/load-test';
import type { ChannelId } from '@parley/protocol';
import { makeParty } from '../../packages/server/src/cli/faults/party.ts';
import { readTruth } from '../../packages/server/src/cli/faults/read-truth.ts';
import { openPostgres, type Postgres } from '../../packages/server/src/storage/postgres.ts';
import { PatientWebSocket } from '../patient-websocket.ts';
import type { Target } from './target.ts';

const PAUSE_MS = 50;
/** How long the last of what was said may take to arrive. */
const REST_MS = 30_000;

/** Two people who talk all the while with an ordinary client, and must notice nothing. */
export class Talkers {
  readonly #database: Postgres;
  readonly #clients: readonly LoggedClient[];
  readonly #room: ChannelId;
  readonly #checker = createChecker();
  readonly #timer: NodeJS.Timeout;
  readonly #refused: string[] = [];
  /** How often one of them was cut off. */
  losses = 0;
  said = 0;

  private constructor(database: Postgres, clients: readonly LoggedClient[], room: ChannelId, checker: Checker) {
    this.#database = database;
    this.#clients = clients;
    this.#room = room;
    this.#checker = checker;
    for (const { client } of clients) {
      client.on('connection', ({ previous }) => {
        if (previous === 'online') this.losses += 1;
      });
    }
    this.#timer = setInterval(() => this.#say(), PAUSE_MS);
  }

  static async start(target: Target): Promise<Talkers> {
    const database = openPostgres({
      connection: target.postgres.config,
      maxConnections: 2,
      statementTimeoutMs: 20_000,
      onError: () => {},
    });
    const party = await makeParty(database.db, 2, 'talkers');
    const checker = createChecker();
    const clients = party.accounts.map(
      (account, index) =>
        new LoggedClient({
          name: `talker${index}`,
          account,
          WebSocket: PatientWebSocket,
          random: new Random(BigInt(index)),
          pickUrl: () => target.process.url,
          run: 'hostile',
          seed: '',
          write: (record) => checker.add(record),
        }),
    );
    for (const { client } of clients) await client.connect();
    for (const client of clients) client.show(party.rooms.hall);
    return new Talkers(database, clients, party.rooms.hall, checker);
  }

  /** Lets them finish, and gives what they noticed; empty when nothing. */
  async finish(): Promise<string[]> {
    clearInterval(this.#timer);
    const noticed = [...this.#refused];
    const deadline = performance.now() + REST_MS;
    for (;;) {
      const truth = await readTruth(this.#database.db, [this.#room]);
      const top = truth.channels[0]?.lastRev;
      const isAtRest = this.#clients.every((client) => client.unsent === 0 && client.revOf(this.#room) === top);
      if (isAtRest) {
        for (const client of this.#clients) client.writeState(this.#room, true);
        const verdict = this.#checker.finish({
          ...truth,
          channels: truth.channels.map((channel) => ({ ...channel, members: [] })),
        });
        if (!verdict.ok) noticed.push(formatVerdict(verdict));
        break;
      }
      if (performance.now() > deadline) {
        noticed.push('not all that was said has arrived');
        break;
      }
      await new Promise((resolve) => void setTimeout(resolve, 50));
    }
    if (this.losses > 0) noticed.push(`they were cut off ${this.losses} times`);
    for (const client of this.#clients) client.stop();
    await this.#database.close();
    return noticed;
  }

  #say(): void {
    for (const client of this.#clients) {
      if (client.unsent > 50) continue;
      this.said += 1;
      client.client
        .channel(this.#room)
        .send(`${client.name} ${this.said}`)
        .catch((error: unknown) => this.#refused.push(String(error)));
    }
  }
}
