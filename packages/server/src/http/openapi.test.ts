import { ERROR_CODES, FILE_OPERATIONS, OPERATIONS, type Operation } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { docsPage } from './docs-page.ts';
import { type JsonSchema, openApiDocument } from './openapi.ts';

const document = openApiDocument('1.2.3');
const operations: Operation[] = [...Object.values(OPERATIONS), ...Object.values(FILE_OPERATIONS)];
const served = operations.filter((operation) => operation.rest !== null);

describe('the OpenAPI document', () => {
  test.each(served.map((operation) => [operation.name, operation] as const))('has %s', (name, operation) => {
    const path = operation.rest?.path.replace(/:(\w+)/g, '{$1}') ?? '';
    const documented = document.paths[path]?.[operation.rest?.method.toLowerCase() ?? ''];
    expect(documented?.operationId).toBe(name);
    const inPath = documented?.parameters.filter((one) => one.in === 'path').map((one) => one.name) ?? [];
    expect(inPath.map((one) => `{${one}}`)).toEqual(path.match(/\{\w+\}/g) ?? []);
    for (const parameter of documented?.parameters ?? []) expect(parameter.schema).not.toEqual({});
  });

  test('every reference leads somewhere, and nothing is left unreferenced inside', () => {
    const text = JSON.stringify(document);
    const names = Array.from(text.matchAll(/"#\/components\/schemas\/(\w+)"/g), (match) => match[1] ?? '');
    expect(names.length).toBeGreaterThan(50);
    for (const name of names) expect(document.components.schemas).toHaveProperty(name);
    expect(text).not.toContain('$defs');
  });

  test('every input field is a parameter or in the body, once', () => {
    for (const operation of served) {
      const path = operation.rest?.path.replace(/:(\w+)/g, '{$1}') ?? '';
      const documented = document.paths[path]?.[operation.rest?.method.toLowerCase() ?? ''];
      const body: JsonSchema = documented?.requestBody?.content['application/json']?.schema ?? {};
      const named = [
        ...(documented?.parameters.filter((one) => one.in !== 'header').map((one) => one.name) ?? []),
        ...Object.keys(body.properties ?? {}),
      ];
      const shape = (operation.input as unknown as { shape: object }).shape;
      expect([operation.name, named.toSorted()]).toEqual([operation.name, Object.keys(shape).toSorted()]);
    }
  });

  test('every error code is documented', () => {
    const codes = Object.keys(ERROR_CODES);
    expect(document.components.schemas.Problem?.properties?.code).toMatchObject({ enum: codes });
  });

  test('a query of ids says how a list is written', () => {
    const parameters = document.paths['/users/by-id']?.get?.parameters;
    expect(parameters).toEqual([
      expect.objectContaining({ name: 'userIds', in: 'query', style: 'form', explode: false }),
    ]);
  });
});

describe('the page', () => {
  const page = docsPage(document);

  test('has every operation and every code', () => {
    for (const { name } of served) expect(page).toContain(`<section id="${name}">`);
    for (const code of Object.keys(ERROR_CODES)) expect(page).toContain(`<tr id="error-${code}">`);
  });

  test('has neither script nor inline style, and links only to itself', () => {
    expect(page).not.toMatch(/<script|<style|style=|javascript:|\son\w+=/i);
    const links = Array.from(page.matchAll(/(?:href|src)="([^"]+)"/g), (match) => match[1] ?? '');
    const ids = new Set(Array.from(page.matchAll(/id="([^"]+)"/g), (match) => match[1]));
    for (const link of links) {
      if (link.startsWith('#')) expect(ids).toContain(link.slice(1));
      else expect(['/docs/style.css', '/v1/openapi.json']).toContain(link);
    }
  });

  test('escapes what it is given', () => {
    const hostile = { ...document, info: { ...document.info, title: '<script>"\'&' } };
    expect(docsPage(hostile)).toContain('&lt;script&gt;&quot;&#39;&amp;');
    expect(docsPage(hostile)).not.toContain('<script');
  });
});
