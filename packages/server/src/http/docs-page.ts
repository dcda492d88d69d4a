import { ERROR_CODES } from '@parley/protocol';
import type { DocumentedOperation, JsonSchema, OpenApiDocument } from './openapi.ts';

/** Writes the documentation as one page without script, so that it works under the strictest policy and without the network. */
export function docsPage(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path: `/v1${path}`, method, operation })),
  );
  const groups = [...new Set(operations.map(({ operation }) => operation.tags[0] ?? ''))];
  const schemas = Object.entries(document.components.schemas);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(document.info.title)} API</title>
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<nav aria-label="Contents">
<strong>${text(document.info.title)} ${text(document.info.version)}</strong>
<ul>${groups.map((group) => `<li><a href="#${text(group)}">${text(group)}</a></li>`).join('')}
<li><a href="#errors">errors</a></li><li><a href="#schemas">schemas</a></li>
<li><a href="/v1/openapi.json">openapi.json</a></li></ul>
</nav>
<main>
<h1>${text(document.info.title)} REST API</h1>
<p>${code(document.info.description)}</p>
<p>Authenticate with <code>Authorization: Bearer TOKEN</code>: a session token, an API key, or a JWT of the host application.</p>
${groups.map((group) => groupOf(group, operations)).join('\n')}
<h2 id="errors">Errors</h2>
<table><thead><tr><th>code</th><th>status</th><th>again?</th><th>meaning</th></tr></thead><tbody>
${Object.entries(ERROR_CODES).map(errorRow).join('\n')}
</tbody></table>
<h2 id="schemas">Schemas</h2>
${schemas.map(([name, schema]) => `<h3 id="schema-${text(name)}">${text(name)}</h3>${described(schema)}${fields(schema)}`).join('\n')}
</main>
</body>
</html>
`;
}

interface Listed {
  readonly path: string;
  readonly method: string;
  readonly operation: DocumentedOperation;
}

function groupOf(group: string, operations: readonly Listed[]): string {
  const members = operations.filter(({ operation }) => operation.tags[0] === group);
  return `<h2 id="${text(group)}">${text(group)}</h2>\n${members.map(section).join('\n')}`;
}

function section({ path, method, operation }: Listed): string {
  const { operationId, summary, parameters, requestBody, responses, security } = operation;
  const input: JsonSchema = requestBody?.content['application/json']?.schema ?? {};
  const answer: JsonSchema = (responses['200'] ?? responses['201'])?.content['application/json']?.schema ?? {};
  return `<section id="${text(operationId)}">
<h3><span class="method ${text(method)}">${text(method.toUpperCase())}</span> <code>${text(path)}</code></h3>
<p>${code(summary)}</p>
<p class="facts"><code>${text(operationId)}</code> · ${security.length > 0 ? `scope <code>${text(operation['x-scope'])}</code>` : 'no token needed'} · limit <code>${text(operation['x-rate-policy'])}</code></p>
${parameters.length === 0 ? '' : `<h4>Parameters</h4>${table(parameters.map((one) => ({ name: `${one.name} <small>${one.in}</small>`, required: one.required, schema: one.schema, note: one.description ?? '' })))}`}
${input.properties === undefined ? '' : `<h4>Body</h4>${fields(input)}`}
${requestBody?.content['*/*'] === undefined ? '' : '<h4>Body</h4><p>bytes</p>'}
<h4>Answer</h4>${responses['200']?.content['*/*'] !== undefined ? '<p>bytes</p>' : answer.properties === undefined ? `<p>${typeOf(answer)}</p>` : fields(answer)}
</section>`;
}

function errorRow([name, { status, retryable, meaning }]: [
  string,
  (typeof ERROR_CODES)[keyof typeof ERROR_CODES],
]): string {
  return `<tr id="error-${text(name)}"><td><code>${text(name)}</code></td><td>${status}</td><td>${retryable ? 'yes' : 'no'}</td><td>${code(meaning)}</td></tr>`;
}

function described(schema: JsonSchema): string {
  return typeof schema.description === 'string' ? `<p>${code(schema.description)}</p>` : '';
}

function fields(schema: JsonSchema): string {
  if (schema.properties === undefined) return `<p>${typeOf(schema)}</p>`;
  const rows = Object.entries(schema.properties).map(([name, property]) => ({
    name: text(name),
    required: schema.required?.includes(name) === true,
    schema: property,
    note: typeof property.description === 'string' ? property.description : '',
  }));
  return rows.length === 0 ? '<p>an empty object</p>' : table(rows);
}

function table(rows: readonly { name: string; required: boolean; schema: JsonSchema; note: string }[]): string {
  const lines = rows.map(
    ({ name, required, schema, note }) =>
      `<tr><td>${name}${required ? '' : ' <small>optional</small>'}</td><td>${typeOf(schema)}</td><td>${code(note)}</td></tr>`,
  );
  return `<table><tbody>${lines.join('')}</tbody></table>`;
}

/** A type in words, with what bounds it. */
function typeOf(schema: JsonSchema): string {
  const { $ref, type, items, anyOf, enum: choices, prefixItems } = schema;
  if (typeof $ref === 'string') {
    const name = $ref.split('/').at(-1) ?? '';
    return `<a href="#schema-${text(name)}">${text(name)}</a>`;
  }
  if (Array.isArray(choices)) return choices.map((choice) => `<code>${text(String(choice))}</code>`).join(' | ');
  if (Array.isArray(anyOf)) return anyOf.map((one) => typeOf(one as JsonSchema)).join(' | ');
  if (Array.isArray(prefixItems)) return `[${prefixItems.map((one) => typeOf(one as JsonSchema)).join(', ')}]`;
  if (type === 'array')
    return `list of ${typeOf((items ?? {}) as JsonSchema)}${bounds(schema, 'minItems', 'maxItems')}`;
  if (type === 'object') return 'object';
  if (typeof type !== 'string') return 'anything';
  return (
    text(type) + bounds(schema, 'minLength', 'maxLength') + bounds(schema, 'minimum', 'maximum') + fallback(schema)
  );
}

function bounds(schema: JsonSchema, lower: string, upper: string): string {
  const { [lower]: min, [upper]: max } = schema;
  const least = typeof min === 'number' ? String(min) : '';
  const most = typeof max === 'number' && max !== Number.MAX_SAFE_INTEGER ? String(max) : '';
  return least === '' && most === '' ? '' : ` <small>${least}…${most}</small>`;
}

function fallback(schema: JsonSchema): string {
  return schema.default === undefined ? '' : ` <small>default ${text(JSON.stringify(schema.default))}</small>`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function text(raw: string): string {
  return raw.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}

/** Text in which backquotes mark code. */
function code(raw: string): string {
  return text(raw).replace(/`([^`]+)`/g, '<code>$1</code>');
}

/** The page's own style, served beside it: the policy forbids inline ones. */
export const DOCS_STYLE = `:root { color-scheme: light dark; --line: light-dark(#dcdce4, #34343d); --soft: light-dark(#5b5b66, #a9a9b5); --tint: light-dark(#f5f5f8, #1d1d23); }
* { box-sizing: border-box; }
body { margin: 0; display: grid; grid-template-columns: 13rem minmax(0, 1fr); font: 16px/1.5 system-ui, sans-serif; }
nav { position: sticky; top: 0; align-self: start; height: 100vh; overflow-y: auto; padding: 1.5rem 1rem; border-right: 1px solid var(--line); }
nav ul { list-style: none; padding: 0; }
nav a { display: block; padding: 0.25rem 0; }
main { max-width: 60rem; padding: 1.5rem 2rem 6rem; }
h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); text-transform: capitalize; }
h3 { margin-bottom: 0.25rem; overflow-wrap: anywhere; }
h4 { margin: 1rem 0 0.25rem; font-size: 0.9rem; color: var(--soft); }
section { padding: 0.5rem 0 1.5rem; border-bottom: 1px dashed var(--line); }
table { border-collapse: collapse; width: 100%; font-size: 0.92rem; }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.75rem 0.35rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
code { font: 0.9em ui-monospace, monospace; background: var(--tint); padding: 0.1em 0.3em; border-radius: 4px; }
small, .facts { color: var(--soft); }
.method { font: 600 0.8em ui-monospace, monospace; padding: 0.15em 0.5em; border: 1px solid currentColor; border-radius: 4px; }
:target { outline: 2px solid Highlight; outline-offset: 4px; }
@media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; border: 0; } main { padding: 1rem; } }
`;
