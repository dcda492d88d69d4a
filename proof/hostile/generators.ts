import type { Random } from '@parley/load-test';
import { ERROR_CODES, makeUuid, OPERATIONS, type Operation, type OperationName } from '@parley/protocol';
import fc from 'fast-check';
import {
  BY_NOBODY,
  type Documents,
  generatedInputs,
  type Known,
} from '../../packages/server/src/testing/generated-inputs.ts';
import { sayAll } from './frames.ts';
import type { HostileCase } from './hostile-case.ts';
import type { Target } from './target.ts';

const SERVED = (Object.values(OPERATIONS) as Operation<OperationName>[]).filter(({ rest }) => rest !== null);

/** Requests that mostly look right, made from the OpenAPI document: `count` for each operation. */
export async function generatedRequests(target: Target, count: number, seed: number): Promise<HostileCase[]> {
  const documents = (await (await fetch(`${target.process.url}/v1/openapi.json`)).json()) as Documents;
  const known: Known = {
    userId: [target.ann.user.id, target.stranger.user.id],
    channelId: [target.channelId],
    messageId: [target.messageId],
    token: [target.ann.token, target.stranger.token],
  };
  return SERVED.map((operation) => ({
    name: operation.name,
    inputs: count,
    async run() {
      const { inputs, requestOf } = generatedInputs(documents, operation, known);
      for (const input of fc.sample(inputs, { numRuns: count, seed })) {
        const { method, target: path, body, token } = requestOf(input);
        const isByNobody = BY_NOBODY.has(operation.name) || operation.name.startsWith('auth.');
        const { status, body: answer } = await target.ask(method, path, {
          body,
          token: isByNobody ? undefined : token,
        });
        const facts = ERROR_CODES[answer?.code as keyof typeof ERROR_CODES];
        if (status < 400) operation.output.parse(answer);
        else if (status >= 500 && status !== 503) throw new Error(`${method} ${path} was answered with ${status}`);
        else if (facts?.status !== status)
          throw new Error(`${method} ${path} was answered with ${status} ${answer?.code}`);
      }
    },
  }));
}

/** Good frames, one of which each mutant begins as. */
function goodFrames({ channelId, messageId, ann }: Target): string[] {
  const of = (t: string, d: object) => JSON.stringify({ t, ref: 1, d });
  return [
    of('message.send', { channelId, id: makeUuid(), body: 'a message that will be mutated' }),
    of('message.edit', { channelId, messageId, body: 'other' }),
    of('message.react', { channelId, messageId, emoji: '👍', on: true }),
    of('message.history', { channelId, limit: 20 }),
    of('sync.changes', { channelId, since: 0 }),
    of('receipt.read', { cursors: [[channelId, 1]] }),
    of('typing.set', { channelId, on: true }),
    of('presence.watch', { userIds: [ann.user.id] }),
    of('member.list', { channelId }),
    of('channel.get', { channelId }),
    JSON.stringify({ t: 'ping' }),
  ];
}

const PIECES = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\',
  '\\u0000',
  '\\ud800',
  'null',
  'true',
  '-1',
  '1e999',
  '1.5',
  '""',
  '[]',
  '{}',
  '"__proto__":1,',
  '\u0000',
  '\u202e',
  '9'.repeat(30),
];

/** Changes a text in one to four places. */
export function mutate(text: string, random: Random): string {
  let mutant = text;
  for (let rounds = 1 + random.below(4); rounds > 0; rounds--) {
    const at = random.below(mutant.length + 1);
    const upTo = Math.min(mutant.length, at + random.below(12));
    const kind = random.below(6);
    if (kind === 0) mutant = mutant.slice(0, at) + mutant.slice(upTo);
    else if (kind === 1) mutant = mutant.slice(0, at) + random.pick(PIECES) + mutant.slice(at);
    else if (kind === 2) mutant = mutant.slice(0, at) + random.pick(PIECES) + mutant.slice(upTo);
    else if (kind === 3)
      mutant = mutant.slice(0, at) + mutant.slice(at, upTo).repeat(1 + random.below(20)) + mutant.slice(upTo);
    else if (kind === 4)
      mutant = mutant.slice(0, at) + String.fromCharCode(random.below(0xffff)) + mutant.slice(at + 1);
    else mutant = mutant.slice(0, at);
    mutant = mutant.slice(0, 60_000);
  }
  return mutant;
}

/** A socket takes nine frames that cannot be read before it is closed: so many mutants go by one. */
const PER_SOCKET = 9;

/** Mutated frames: `count` in all, on sockets that have a session. */
export function mutatedFrames(target: Target, count: number, random: Random): HostileCase[] {
  const good = goodFrames(target);
  const batches = Math.ceil(count / PER_SOCKET);
  const perCase = 40;
  return Array.from({ length: Math.ceil(batches / perCase) }, (_, index) => ({
    name: `mutants ${index}`,
    inputs: Math.min(perCase, batches - index * perCase) * PER_SOCKET,
    async run() {
      const own = random.fork(`mutants ${index}`);
      for (let batch = 0; batch < Math.min(perCase, batches - index * perCase); batch++) {
        const mutants = Array.from({ length: PER_SOCKET }, () => mutate(own.pick(good), own));
        await sayAll(target, mutants, target.ann.token);
      }
    },
  }));
}
