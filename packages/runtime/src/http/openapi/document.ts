import type { JsonObject, JsonSchema } from '@runctl/core';
import { runtimeVersion } from '../../version.ts';
import type { AnyHandler } from '../route.ts';
import type { Contract } from './contract.ts';
import { operationOf, pathOf } from './operation.ts';
import { codesOf, problemSchema } from './problem-schema.ts';

/**
 * The API as an OpenAPI 3.1 document. Bodies and queries are the very schemas that the handlers check with; answers are
 * the types of the contract, which the compiler holds the handlers to.
 *
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export function openApiDocument(handlers: Readonly<Record<string, AnyHandler>>, contract: Contract): JsonObject {
  const schemas = new Map<string, JsonSchema>([...contract.schemas, ['Problem', problemSchema]]);
  const inAnswers = namesInAnswers(contract);
  const paths: Record<string, JsonObject> = {};
  for (const [route, said] of contract.routes) {
    const handler = handlers[route];
    if (handler === undefined) continue;
    const path = pathOf(route);
    const method = route.split(' ')[0]?.toLowerCase() ?? '';
    paths[path] = { ...paths[path], [method]: operationOf({ route, handler, said, contract, schemas, inAnswers }) };
  }
  return {
    openapi: '3.1.1',
    info,
    servers: [{ url: '/', description: 'The runtime that answers this.' }],
    security: [{ apiKey: [] }],
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: '`rctl_` and 32 letters and digits.' },
      },
      schemas: Object.fromEntries([...schemas].sort(([a], [b]) => (a < b ? -1 : 1))) as JsonObject,
      parameters,
      headers,
      responses: responses(),
    },
  };
}

function namesInAnswers({ schemas, routes }: Contract): Set<string> {
  const answers = [...schemas.values(), ...[...routes.values()].map(({ result }) => result)];
  const references = answers.flatMap((schema) => [
    ...JSON.stringify(schema).matchAll(/"#\/components\/schemas\/(\w+)"/g),
  ]);
  return new Set(references.map(([, name = '']) => name));
}

const info: JsonObject = {
  title: 'Runctl',
  version: runtimeVersion,
  summary: 'Agents, tasks, workflows and teams, self-hosted.',
  description:
    'JSON in camel case, at most 1 MiB a body. Unknown fields are refused, with their path. Lists take `limit` and ' +
    '`page` or `cursor`. Without a key: `GET /healthz`, `GET /readyz`, this document and `GET /v1/docs`, to which `GET /` leads.',
};

const parameters: JsonObject = {
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'The first answer that was executed under a key is given again for 24 h. Another body under it is 422, a request ' +
      'that still runs is 409.',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  },
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    description:
      'The version that the change is meant for; 412 where the resource is at another one. Of agents and definitions.',
    schema: { type: 'string', pattern: '^"?\\d{1,15}"?$' },
  },
  LastEventId: {
    name: 'Last-Event-ID',
    in: 'header',
    description: 'The last event that was read: the stream goes on after it. 410 where it is kept no longer.',
    schema: { type: 'string' },
  },
};

const headers: JsonObject = {
  RequestId: { description: 'Names the request in the log of the runtime.', schema: { type: 'string' } },
  IdempotentReplayed: {
    description: '`true` where the answer is that of an earlier request under the same key.',
    schema: { const: 'true' },
  },
  RetryAfter: { description: 'Seconds after which to come back.', schema: { type: 'integer', minimum: 0 } },
};

const problemContent: JsonObject = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };

function responses(): JsonObject {
  const named = [400, 401, 403, 404, 409, 429].map((status): [string, JsonObject] => [
    `Status${status}`,
    {
      description: `One of: ${codesOf(status).join(', ')}.`,
      ...((status === 409 || status === 429) && {
        headers: { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } },
      }),
      content: problemContent,
    },
  ]);
  return { ...Object.fromEntries(named), Problem: { description: 'What went wrong.', content: problemContent } };
}
