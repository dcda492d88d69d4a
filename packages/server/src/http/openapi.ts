import {
  ERROR_CODES,
  FILE_OPERATIONS,
  type FileOperationName,
  OPERATIONS,
  type Operation,
  type OperationName,
  type RestRoute,
} from '@parley/protocol';
import { z } from 'zod';
import { ENTRY_OPERATIONS } from '../commands/handler.ts';

/** A JSON schema, as far as this file looks into it. */
export interface JsonSchema {
  readonly [key: string]: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: JsonSchema;
  readonly description?: string;
  readonly style?: 'form';
  readonly explode?: false;
}

type DocumentedName = OperationName | FileOperationName;

export interface DocumentedOperation {
  readonly operationId: DocumentedName;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content: Content }>>;
  readonly 'x-scope': string;
  readonly 'x-rate-policy': string;
}

type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly securitySchemes: Readonly<Record<string, JsonSchema>>;
  };
}

const DESCRIPTION =
  'Every operation of the REST door, from the same declarations that the server parses with. ' +
  'Errors are `application/problem+json`; programs go by their `code`.';

/** Describes the REST door, from the declarations that serve it. */
export function openApiDocument(version: string): OpenApiDocument {
  const schemas = new Map<string, JsonSchema>([['Problem', problemSchema()]]);
  const paths: Record<string, Record<string, DocumentedOperation>> = {};
  const operations: Operation<DocumentedName>[] = [...Object.values(OPERATIONS), ...Object.values(FILE_OPERATIONS)];
  for (const operation of operations) {
    if (operation.rest === null) continue;
    const path = operation.rest.path.replace(/:(\w+)/g, '{$1}');
    const methods = paths[path] ?? {};
    methods[operation.rest.method.toLowerCase()] = documented(operation, operation.rest, schemas);
    paths[path] = methods;
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Parley', version, description: DESCRIPTION },
    servers: [{ url: '/v1' }],
    paths,
    components: {
      schemas: Object.fromEntries([...schemas].sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A session token, an API key, or a host JWT.' },
      },
    },
  };
}

function documented(
  operation: Operation<DocumentedName>,
  rest: RestRoute,
  schemas: Map<string, JsonSchema>,
): DocumentedOperation {
  const input = hoisted(operation.input, 'input', schemas);
  const names = Object.keys(input.properties ?? {});
  const inPath = new Set(Array.from(rest.path.matchAll(/:(\w+)/g), (match) => match[1] ?? ''));
  const others = names.filter((name) => !inPath.has(name));
  const hasFields = rest.method !== 'GET' && rest.method !== 'DELETE' && !isFile(operation.name);
  const parameters = [
    ...[...inPath].map((name) => parameter(input, name, 'path')),
    ...(hasFields ? [] : others.map((name) => parameter(input, name, 'query'))),
    ...(rest.method === 'POST' && hasFields && !isEntry(operation.name) ? [IDEMPOTENCY_KEY] : []),
  ];
  return {
    operationId: operation.name,
    summary: operation.summary,
    tags: [operation.name.split('.', 1)[0] ?? ''],
    security: isEntry(operation.name) ? [] : [{ token: [] }, ...(others.includes('ticket') ? [{}] : [])],
    parameters,
    ...(hasFields && others.length > 0 ? { requestBody: bodyOf(input, others) } : {}),
    ...(operation.name === 'attachment.upload' ? { requestBody: { required: true, content: BYTES } } : {}),
    responses: {
      [operation.name === 'attachment.upload' ? 201 : 200]: {
        description: 'Done.',
        content: operation.name === 'attachment.get' ? BYTES : json(hoisted(operation.output, 'output', schemas)),
      },
      default: {
        description: 'Refused or failed.',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
    'x-scope': operation.scope,
    'x-rate-policy': operation.policy,
  };
}

/** The bytes of a file, as they are. */
const BYTES: Content = { '*/*': { schema: { type: 'string', format: 'binary' } } };

const IDEMPOTENCY_KEY: Parameter = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  schema: { type: 'string', minLength: 1, maxLength: 255 },
  description: 'A repeat with the same key within 24 hours gives the first answer, marked `Idempotent-Replayed`.',
};

function isEntry(name: DocumentedName): boolean {
  return (ENTRY_OPERATIONS as readonly DocumentedName[]).includes(name);
}

function isFile(name: DocumentedName): boolean {
  return Object.hasOwn(FILE_OPERATIONS, name);
}

function json(schema: JsonSchema): Content {
  return { 'application/json': { schema } };
}

function parameter(input: JsonSchema, name: string, place: 'path' | 'query'): Parameter {
  const schema = input.properties?.[name] ?? {};
  const required = place === 'path' || input.required?.includes(name) === true;
  // A list in a query is parted by commas.
  return { name, in: place, required, schema, ...(schema.type === 'array' ? { style: 'form', explode: false } : {}) };
}

function bodyOf(input: JsonSchema, names: readonly string[]) {
  const required = names.filter((name) => input.required?.includes(name));
  const properties = Object.fromEntries(names.map((name) => [name, input.properties?.[name] ?? {}]));
  return {
    required: required.length > 0,
    content: json({
      type: 'object',
      properties,
      ...(required.length > 0 ? { required } : {}),
      additionalProperties: false,
    }),
  };
}

/** The schema as JSON schema, with all that has a name moved to the components. */
function hoisted(schema: z.ZodType, io: 'input' | 'output', schemas: Map<string, JsonSchema>): JsonSchema {
  const { $schema: _dialect, $defs, ...root } = z.toJSONSchema(schema, { io }) as JsonSchema;
  for (const [name, definition] of Object.entries(($defs ?? {}) as Record<string, JsonSchema>)) {
    const known = schemas.get(name);
    const moved = withComponentRefs(definition);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(moved)) {
      throw new Error(`the schema name ${name} stands for two shapes`);
    }
    schemas.set(name, moved);
  }
  return withComponentRefs(root);
}

function withComponentRefs(schema: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as JsonSchema;
}

function problemSchema(): JsonSchema {
  const codes = Object.entries(ERROR_CODES).map(
    ([code, { status, meaning }]) => `- \`${code}\` (${status}): ${meaning}`,
  );
  return {
    type: 'object',
    description: 'An error (RFC 9457).',
    properties: {
      type: { type: 'string', description: 'Where the code is explained, on this server.' },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string' },
      instance: { type: 'string' },
      code: { type: 'string', enum: Object.keys(ERROR_CODES), description: codes.join('\n') },
      request_id: { type: 'string' },
      retryAfterMs: { type: 'integer', description: 'When the same request may succeed.' },
      errors: {
        type: 'array',
        items: {
          type: 'object',
          properties: { pointer: { type: 'string' }, message: { type: 'string' } },
          required: ['pointer', 'message'],
        },
      },
    },
    required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'request_id'],
  };
}
