import { z } from 'zod';
import { CLOSE_CODES, mayReconnect } from './close-code.ts';
import { ERROR_CODES } from './error-code.ts';
import { downFrames, upFrames } from './frame.ts';
import { OPERATIONS, type OperationName } from './operations.ts';
import { PROTOCOL_VERSION, SUBPROTOCOL } from './version.ts';

type Json = { [key: string]: unknown };

/** The JSON schema of what a client may write. */
export function inputSchema(schema: z.ZodType): Json {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json;
}

/** The JSON schema of what a server sends. */
export function outputSchema(schema: z.ZodType): Json {
  return z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }) as Json;
}

/** Operations that have a command frame. */
export function socketOperations(): OperationName[] {
  return (Object.keys(OPERATIONS) as OperationName[]).filter((name) => OPERATIONS[name].door !== 'rest');
}

/**
 * All that crosses the wire, as data: every frame up and down, every operation's input and output, and the codes. Two
 * versions of this code speak the same protocol when this is equal; a test pins its hash to the protocol version.
 */
export function wireSchemas(): Json {
  const operations = Object.fromEntries(
    socketOperations().map((name) => [
      name,
      { input: inputSchema(OPERATIONS[name].input), output: outputSchema(OPERATIONS[name].output) },
    ]),
  );
  return {
    up: Object.fromEntries(Object.entries(upFrames).map(([name, schema]) => [name, inputSchema(schema)])),
    down: Object.fromEntries(Object.entries(downFrames).map(([name, schema]) => [name, outputSchema(schema)])),
    operations,
    errors: Object.fromEntries(
      Object.entries(ERROR_CODES).map(([code, { status, retryable }]) => [code, { status, retryable }]),
    ),
    closes: CLOSE_CODES,
  };
}

/** The AsyncAPI 3.0 document of the socket, made from the same schemas that parse its frames. */
export function asyncApi(server: { readonly name: string; readonly version: string; readonly host: string }): Json {
  const commands = Object.fromEntries(socketOperations().map((name) => [idOf(name), commandMessage(name)]));
  const answers = Object.fromEntries(socketOperations().map((name) => [`${idOf(name)}Ok`, answerMessage(name)]));
  const up = Object.fromEntries(
    Object.entries(upFrames).map(([name, schema]) => [name, frameMessage(name, inputSchema(schema))]),
  );
  const down = Object.fromEntries(
    Object.entries(downFrames)
      .filter(([name]) => name !== 'ok')
      .map(([name, schema]) => [name, frameMessage(name, outputSchema(schema))]),
  );
  const said = Object.keys({ ...up, ...commands });
  const heard = Object.keys({ ...down, ...answers });
  return {
    asyncapi: '3.0.0',
    info: {
      title: `${server.name}: the socket`,
      version: server.version,
      description: `Protocol version ${PROTOCOL_VERSION}. Close codes: ${closeTable()}.`,
    },
    servers: {
      this: { host: server.host, protocol: 'ws', pathname: '/v1/socket', description: `Subprotocol ${SUBPROTOCOL}.` },
    },
    channels: { socket: { address: '/v1/socket', messages: { ...up, ...commands, ...down, ...answers } } },
    operations: {
      say: { action: 'send', channel: { $ref: '#/channels/socket' }, messages: said.map(messageRef) },
      hear: { action: 'receive', channel: { $ref: '#/channels/socket' }, messages: heard.map(messageRef) },
    },
  };
}

function commandMessage(name: OperationName): Json {
  const { summary, input } = OPERATIONS[name];
  return frameMessage(
    name,
    {
      type: 'object',
      properties: { t: { const: name }, ref: { type: 'integer', minimum: 0 }, d: withoutDialect(inputSchema(input)) },
      required: ['t', 'ref', 'd'],
      additionalProperties: false,
    },
    summary,
  );
}

function answerMessage(name: OperationName): Json {
  return frameMessage(`ok of ${name}`, {
    type: 'object',
    properties: {
      t: { const: 'ok' },
      ref: { type: 'integer' },
      d: withoutDialect(outputSchema(OPERATIONS[name].output)),
    },
    required: ['t', 'ref', 'd'],
  });
}

function frameMessage(title: string, schema: Json, summary?: string): Json {
  const payload = { schemaFormat: 'application/schema+json;version=draft-2020-12', schema: withoutDialect(schema) };
  return { title, ...(summary === undefined ? {} : { summary }), contentType: 'application/json', payload };
}

function withoutDialect({ $schema: _dialect, ...schema }: Json): Json {
  return schema;
}

/** Keys of an AsyncAPI document may not hold dots. */
function idOf(name: string): string {
  return name.replace('.', '_');
}

function messageRef(id: string): Json {
  return { $ref: `#/channels/socket/messages/${id}` };
}

function closeTable(): string {
  return Object.entries(CLOSE_CODES)
    .map(([reason, code]) => `${code} ${reason} (${mayReconnect(code) ? 'connect again' : 'stay away'})`)
    .join(', ');
}
