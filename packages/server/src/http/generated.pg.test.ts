import { ERROR_CODES, OPERATIONS, type Operation, type OperationName } from '@parley/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BY_NOBODY, type Documents, generatedInputs, type Known } from '../testing/generated-inputs.ts';
import { startWholeServer, type WholeServer } from '../testing/whole-server.ts';

/** Inputs per operation; raise it for a long run. */
const RUNS = Number(process.env.PARLEY_TEST_RUNS ?? 40);
const PASSWORD = 'a good password';

let server: WholeServer;
const known: Known = { userId: [], channelId: [], messageId: [], token: [] };

beforeAll(async () => {
  server = await startWholeServer();
  await populate();
});
afterAll(() => server.stop());

/** Something to find, so that not every id is unknown. */
async function populate(): Promise<void> {
  const claim = { ownerToken: await server.app.ensureOwnerToken(), username: 'owner', password: PASSWORD };
  const { body: owner } = await server.call('POST', '/auth/claim-owner', claim);
  known.token?.push(owner.token);
  for (const username of ['ada', 'bob', 'cyd']) {
    const { body } = await server.call('POST', '/auth/sign-up', { username, password: PASSWORD });
    known.userId?.push(body.user.id);
    known.token?.push(body.token);
  }
  const { body } = await server.call('POST', '/channels', { kind: 'public', name: 'lounge' }, owner.token);
  const channelId = body.channel.id;
  known.channelId?.push(channelId);
  const id = '01a20a4f-59ec-78cf-a9eb-7f49f5f6998f';
  known.messageId?.push(id);
  await server.call('POST', `/channels/${channelId}/messages`, { id, body: 'hello' }, owner.token);
}

const served = (Object.values(OPERATIONS) as Operation<OperationName>[]).filter(({ rest }) => rest !== null);
const documents = async () => (await (await fetch(`${server.url}/v1/openapi.json`)).json()) as Documents;

test.each(served.map((operation) => [operation.name, operation] as const))(
  '[HTTP6] %s answers every input with its own shape or a documented code',
  async (name, operation) => {
    const { inputs, requestOf } = generatedInputs(await documents(), operation, known);
    await fc.assert(
      fc.asyncProperty(inputs, async (input) => {
        const { method, target, body, token } = requestOf(input);
        const answer = await server.call(method, target, body, BY_NOBODY.has(name) ? undefined : token);
        if (answer.status === 200) return void operation.output.parse(answer.body);
        expect([answer.status, Object.keys(ERROR_CODES)]).toEqual([
          ERROR_CODES[answer.body.code as keyof typeof ERROR_CODES]?.status,
          expect.arrayContaining([answer.body.code]),
        ]);
        expect(answer.status).toBeLessThan(500);
      }),
      { numRuns: RUNS },
    );
  },
);
