import { ERROR_CODES, OPERATIONS, type Operation, type OperationName } from '@parley/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, createApp } from '../app.ts';
import { readConfig } from '../config/config.ts';
import { SETTINGS } from '../config/settings.ts';
import { createLogger } from '../monitoring/logger.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';

/** Inputs per operation; raise it for a long run. */
const RUNS = Number(process.env.PARLEY_TEST_RUNS ?? 40);
const PASSWORD = 'a good password';

let database: TestDatabase;
let app: App;
let url: string;
const known: Record<string, string[]> = { userId: [], channelId: [], messageId: [], token: [] };

beforeAll(async () => {
  database = await createTestDatabase();
  const rates = Object.values(SETTINGS)
    .map(({ env }) => env)
    .filter((env) => /^PARLEY_(RATE_(?!FACTORS)|CONNECT_RATE)/.test(env));
  const config = readConfig({
    ...Object.fromEntries(rates.map((env) => [env, 'off'])),
    PORT: '0',
    PARLEY_SIGN_UP: 'open',
    PARLEY_ALLOW_UNSAFE_DATABASE: 'true',
  });
  app = await createApp({ config, connection: database.config, logger: createLogger('silent', 'test') });
  url = `http://127.0.0.1:${(await app.listen()).port}`;
  await populate();
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

async function call(method: string, path: string, body?: unknown, token?: string) {
  const response = await fetch(`${url}/v1${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as any };
}

/** Something to find, so that not every id is unknown. */
async function populate(): Promise<void> {
  const claim = { ownerToken: await app.ensureOwnerToken(), username: 'owner', password: PASSWORD };
  const { body: owner } = await call('POST', '/auth/claim-owner', claim);
  known.token?.push(owner.token);
  for (const username of ['ada', 'bob', 'cyd']) {
    const { body } = await call('POST', '/auth/sign-up', { username, password: PASSWORD });
    known.userId?.push(body.user.id);
    known.token?.push(body.token);
  }
  const { body } = await call('POST', '/channels', { kind: 'public', name: 'lounge' }, owner.token);
  const channelId = body.channel.id;
  known.channelId?.push(channelId);
  const id = '01a20a4f-59ec-78cf-a9eb-7f49f5f6998f';
  known.messageId?.push(id);
  await call('POST', `/channels/${channelId}/messages`, { id, body: 'hello' }, owner.token);
}

const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    ' ',
    '\u0000',
    'a\u0000b',
    '\ud800',
    '\u202e',
    'e\u0301'.repeat(50),
    "' OR 1=1 --",
    '%',
    '_',
    '../..',
    '{}',
  ),
  fc.constantFrom(
    'x'.repeat(5_000),
    '🏴󠁧󠁢󠁥󠁮󠁧󠁿',
    'null',
    '-1',
    '1e999',
    'NaN',
    '__proto__',
    '00000000-0000-7000-8000-000000000000',
  ),
);
const hostile = fc.oneof(
  hostileText,
  fc.constantFrom(null, true, -1, 0, 1, 2 ** 31, 2 ** 53, -(2 ** 63), 1.5, 1e300, [], {}, [[]], [null], { $ne: null }),
  fc.array(hostileText, { maxLength: 4 }),
);

/** Texts with rules that a schema does not tell. */
const USUAL: Readonly<Record<string, fc.Arbitrary<string>>> = {
  username: fc.stringMatching(/^[a-z0-9]{3,12}$/),
  password: fc.constant(PASSWORD),
  emoji: fc.constantFrom('👍', ':ok:'),
  displayName: fc.constantFrom('Ada', 'Zoë 🎉'),
};

/** Mostly what the schema asks for, with some of it replaced. */
function valueFor(schema: Record<string, unknown>, name: string): fc.Arbitrary<unknown> {
  const ids = [...(known[name] ?? []), ...(known[name.replace(/s$/, '')] ?? [])];
  const { type, enum: choices, minimum, maximum, items, anyOf } = schema;
  if (Array.isArray(choices)) return fc.constantFrom(...(choices as unknown[]));
  if (Array.isArray(anyOf)) return fc.oneof(...anyOf.map((one) => valueFor(one as Record<string, unknown>, name)));
  if (type === 'boolean') return fc.boolean();
  if (type === 'integer') {
    return fc.integer({
      min: Number(minimum ?? 0),
      max: Math.min(Number(maximum ?? 100), Number(minimum ?? 0) + 1_000),
    });
  }
  if (type === 'array') return fc.array(valueFor((items ?? {}) as Record<string, unknown>, name), { maxLength: 3 });
  if (type === 'object') {
    const fields = Object.entries((schema.properties ?? {}) as Record<string, Record<string, unknown>>);
    return fc.record(Object.fromEntries(fields.map(([field, inner]) => [field, valueFor(inner, field)])));
  }
  if (ids.length > 0) return fc.constantFrom(...ids);
  const usual = USUAL[name];
  if (usual !== undefined) return usual;
  if (type === 'string' && schema.pattern !== undefined) return fc.uuid({ version: 7 });
  return type === 'string' ? fc.string({ minLength: 2, maxLength: 20 }) : hostile;
}

const served = (Object.values(OPERATIONS) as Operation<OperationName>[]).filter(({ rest }) => rest !== null);
/** They would sign the known users out, or close them, and the rest would learn nothing. */
const BY_NOBODY: ReadonlySet<OperationName> = new Set<OperationName>(['auth.sign_out', 'user.update']);

test.each(served.map((operation) => [operation.name, operation] as const))(
  '[HTTP6] %s answers every input with its own shape or a documented code',
  async (name, operation) => {
    const { paths, components } = (await (await fetch(`${url}/v1/openapi.json`)).json()) as {
      paths: Record<
        string,
        Record<
          string,
          {
            parameters: { name: string; in: string; schema: object }[];
            requestBody?: { content: Record<string, { schema: { properties: Record<string, object> } }> };
          }
        >
      >;
      components: { schemas: Record<string, object> };
    };
    const path = operation.rest?.path.replace(/:(\w+)/g, '{$1}') ?? '';
    const method = operation.rest?.method ?? 'GET';
    const documented = paths[path]?.[method.toLowerCase()];
    const resolved = (schema: object) => {
      const ref = '$ref' in schema ? String(schema.$ref).split('/').at(-1) : undefined;
      return (ref === undefined ? schema : (components.schemas[ref] ?? {})) as Record<string, unknown>;
    };
    const fieldsOf = (place: string) =>
      Object.fromEntries(
        (documented?.parameters ?? [])
          .filter((one) => one.in === place)
          .map((one) => [
            one.name,
            fc.oneof({ weight: 9, arbitrary: valueFor(resolved(one.schema), one.name) }, hostileText),
          ]),
      );
    const properties = documented?.requestBody?.content['application/json']?.schema.properties ?? {};
    const bodyFields = Object.fromEntries(
      Object.entries(properties).map(([field, schema]) => [
        field,
        fc.oneof({ weight: 12, arbitrary: valueFor(resolved(schema), field) }, hostile),
      ]),
    );
    const hasBody = documented?.requestBody !== undefined;
    const inputs = fc.record({
      inPath: fc.record(fieldsOf('path')),
      query: fc.record(fieldsOf('query'), { requiredKeys: [] }),
      body: fc.oneof(
        { weight: 6, arbitrary: fc.record(bodyFields) },
        { weight: 3, arbitrary: fc.record(bodyFields, { requiredKeys: [] }) },
        hostile,
      ),
      token: fc.constantFrom(...(known.token ?? [])),
    });
    await fc.assert(
      fc.asyncProperty(inputs, async ({ inPath, query, body, token }) => {
        const encode = (value: unknown) => encodeURIComponent(Buffer.from(String(value)).toString());
        const target = path.replace(/\{(\w+)\}/g, (_, field: string) => encode(inPath[field]) || '_');
        const search = Object.entries(query).map(([field, value]) => `${field}=${encode(value)}`);
        const answer = await call(
          method,
          target + (search.length === 0 ? '' : `?${search.join('&')}`),
          hasBody ? body : undefined,
          BY_NOBODY.has(name) ? undefined : token,
        );
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
