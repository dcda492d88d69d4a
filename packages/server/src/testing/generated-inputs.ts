import type { Operation, OperationName } from '@parley/protocol';
import fc from 'fast-check';

// Inputs for every operation, made from the OpenAPI document: for the test of the HTTP door and for `npm run hostile`.

/** Things to find, by the name of the field that names them, so that not every id is unknown. */
export type Known = Record<string, string[]>;

/** The part of an OpenAPI document that is used here. */
export interface Documents {
  readonly paths: Record<
    string,
    Record<
      string,
      {
        parameters: { name: string; in: string; schema: object }[];
        requestBody?: { content: Record<string, { schema: { properties: Record<string, object> } }> };
      }
    >
  >;
  readonly components: { readonly schemas: Record<string, object> };
}

/** They would sign the known users out, or close them, and the rest would learn nothing. */
export const BY_NOBODY: ReadonlySet<OperationName> = new Set<OperationName>(['auth.sign_out', 'user.update']);

const PASSWORD = 'a good password';

/** Texts that have broken something somewhere. */
export const hostileText = fc.oneof(
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
/** Values of every type that have. */
export const hostile = fc.oneof(
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
function valueFor(schema: Record<string, unknown>, name: string, known: Known): fc.Arbitrary<unknown> {
  const ids = [...(known[name] ?? []), ...(known[name.replace(/s$/, '')] ?? [])];
  const { type, enum: choices, minimum, maximum, items, anyOf } = schema;
  if (Array.isArray(choices)) return fc.constantFrom(...(choices as unknown[]));
  if (Array.isArray(anyOf))
    return fc.oneof(...anyOf.map((one) => valueFor(one as Record<string, unknown>, name, known)));
  if (type === 'boolean') return fc.boolean();
  if (type === 'integer') {
    return fc.integer({
      min: Number(minimum ?? 0),
      max: Math.min(Number(maximum ?? 100), Number(minimum ?? 0) + 1_000),
    });
  }
  if (type === 'array')
    return fc.array(valueFor((items ?? {}) as Record<string, unknown>, name, known), { maxLength: 3 });
  if (type === 'object') {
    const fields = Object.entries((schema.properties ?? {}) as Record<string, Record<string, unknown>>);
    return fc.record(Object.fromEntries(fields.map(([field, inner]) => [field, valueFor(inner, field, known)])));
  }
  if (ids.length > 0) return fc.constantFrom(...ids);
  const usual = USUAL[name];
  if (usual !== undefined) return usual;
  if (type === 'string' && schema.pattern !== undefined) return fc.uuid({ version: 7 });
  return type === 'string' ? fc.string({ minLength: 2, maxLength: 20 }) : hostile;
}

interface Input {
  readonly inPath: Record<string, unknown>;
  readonly query: Record<string, unknown>;
  readonly body: unknown;
  readonly token: string;
}

interface GeneratedRequest {
  readonly method: string;
  /** Below `/v1`. */
  readonly target: string;
  readonly body: unknown;
  readonly token: string;
}

/** Inputs of one operation, and how each becomes a request. */
export function generatedInputs(
  { paths, components }: Documents,
  operation: Operation<OperationName>,
  known: Known,
): { inputs: fc.Arbitrary<Input>; requestOf: (input: Input) => GeneratedRequest } {
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
          fc.oneof({ weight: 9, arbitrary: valueFor(resolved(one.schema), one.name, known) }, hostileText),
        ]),
    );
  const properties = documented?.requestBody?.content['application/json']?.schema.properties ?? {};
  const bodyFields = Object.fromEntries(
    Object.entries(properties).map(([field, schema]) => [
      field,
      fc.oneof({ weight: 12, arbitrary: valueFor(resolved(schema), field, known) }, hostile),
    ]),
  );
  const hasBody = documented?.requestBody !== undefined;
  return {
    inputs: fc.record({
      inPath: fc.record(fieldsOf('path')),
      query: fc.record(fieldsOf('query'), { requiredKeys: [] }),
      body: fc.oneof(
        { weight: 6, arbitrary: fc.record(bodyFields) },
        { weight: 3, arbitrary: fc.record(bodyFields, { requiredKeys: [] }) },
        hostile,
      ),
      token: fc.constantFrom(...(known.token ?? [])),
    }),
    requestOf({ inPath, query, body, token }) {
      const encode = (value: unknown) => encodeURIComponent(Buffer.from(String(value)).toString());
      const target = path.replace(/\{(\w+)\}/g, (_, field: string) => encode(inPath[field]) || '_');
      const search = Object.entries(query).map(([field, value]) => `${field}=${encode(value)}`);
      return {
        method,
        target: target + (search.length === 0 ? '' : `?${search.join('&')}`),
        body: hasBody ? body : undefined,
        token,
      };
    },
  };
}
