import type { FastifyInstance } from 'fastify';
import { DOCS_STYLE, docsPage } from './docs-page.ts';
import type { HttpPorts } from './http-ports.ts';
import { openApiDocument } from './openapi.ts';

/** Nothing from elsewhere, nothing inline, no script at all. */
const PAGE_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Serves the description of the API, for programs and for people. Both are written once, when first asked for. */
export function serveDocs(app: FastifyInstance, ports: HttpPorts): void {
  const written = once(() => {
    const document = openApiDocument(ports.server.version);
    return { json: JSON.stringify(document), page: docsPage(document) };
  });
  app.get('/v1/openapi.json', (_request, reply) =>
    reply
      .headers({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-cache' })
      .send(written().json),
  );
  app.get('/docs', (_request, reply) =>
    reply
      .headers({
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': PAGE_POLICY,
        'cache-control': 'no-cache',
      })
      .send(written().page),
  );
  app.get('/docs/style.css', (_request, reply) =>
    reply.headers({ 'content-type': 'text/css; charset=utf-8', 'cache-control': 'no-cache' }).send(DOCS_STYLE),
  );
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
