import type { JsonObject, JsonSchema } from '@runctl/core';
import type { ZodType } from 'zod';
import type { AnyHandler } from '../route.ts';
import { type Contract, membersOf, type RouteContract, reference, referredName } from './contract.ts';
import { requestSchema, withDescriptions } from './request-schema.ts';

/** A route of the table. */
export interface DescribedRoute {
  /** `POST /agents/:agentId/deploy` */
  route: string;
  handler: AnyHandler;
  said: RouteContract;
  contract: Contract;
  /** Schemas with a name, which all routes share; bodies put theirs in the place of the type. */
  schemas: Map<string, JsonSchema>;
  /** Names that answers have too: such a body is spelled out where it stands. */
  inAnswers: ReadonlySet<string>;
}

/** `/v1/agents/{agentId}/deploy` */
export function pathOf(route: string): string {
  return `/v1${(route.split(' ')[1] ?? '').replace(/:(\w+)/g, '{$1}')}`;
}

/** What OpenAPI says of a route. */
export function operationOf(described: DescribedRoute): JsonObject {
  const { route, handler, said } = described;
  const [method = '', path = ''] = route.split(' ');
  const body = bodyOf(described);
  const parameters = [...pathParameters(path), ...queryParameters(described), ...headerParameters(method, handler)];
  return {
    operationId: operationIdOf(method, path),
    tags: [path.split('/')[1] ?? ''],
    summary: said.summary.split(/(?<=\.)\s/)[0] ?? said.summary,
    description: [said.summary, accessWords(handler)].join('\n\n'),
    security: handler.scope === 'anyone' ? [] : [{ apiKey: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: body }),
    responses: { ...successOf(described), ...errorsOf(handler, path) },
  };
}

/** `postAgentsByAgentIdDeploy` */
function operationIdOf(method: string, path: string): string {
  const words = path.split(/[/-]/).filter(Boolean);
  const names = words.map((word) => (word.startsWith(':') ? `By${capital(word.slice(1))}` : capital(word)));
  return `${method.toLowerCase()}${names.join('')}`;
}

function capital(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}

function accessWords(handler: AnyHandler): string {
  if (handler.scope === 'anyone') return 'Needs no key.';
  if (handler.scope === 'operator') return 'Needs the key of the operator.';
  return `Needs a key with the scope \`${handler.scope}\`${handler.operator ? ", or the operator's" : ''}.`;
}

function bodyOf({ handler, said, contract, schemas, inAnswers }: DescribedRoute): JsonObject | undefined {
  const schema = 'body' in handler ? handler.body : undefined;
  if (schema === undefined && said.body === undefined) return undefined;
  const name = referredName(said.body);
  const spelled = schema ? withDescriptions(requestSchema(schema, 'input'), said.body, contract) : (said.body ?? {});
  const isShared = name !== undefined && !inAnswers.has(name);
  if (schema !== undefined && isShared) schemas.set(name, spelled);
  const known = isShared ? reference(name) : spelled;
  return { required: !takesNothing(schema), content: { 'application/json': { schema: known as JsonObject } } };
}

/** Where every member is optional, no body says the same as {}. */
function takesNothing(schema: ZodType | undefined): boolean {
  return schema?.safeParse({}).success ?? false;
}

function pathParameters(path: string): JsonObject[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: name === 'step' ? 'integer' : 'string' },
  }));
}

function queryParameters({ handler, said, contract }: DescribedRoute): JsonObject[] {
  const schema = 'query' in handler ? handler.query : undefined;
  const spelled = schema ? requestSchema(schema, 'output') : (said.query ?? {});
  const described = withDescriptions(spelled, said.query, contract);
  const required = new Set(Array.isArray(described.required) ? described.required : []);
  return Object.entries(membersOf(described, 'properties')).map(([name, { description, ...member }]) => ({
    name,
    in: 'query',
    ...(typeof description === 'string' && { description }),
    ...(required.has(name) && { required: true }),
    // `status=a&status=b`, `label[team]=red`
    ...(member.type === 'object' && { style: 'deepObject', explode: true }),
    schema: member as JsonObject,
  }));
}

function headerParameters(method: string, handler: AnyHandler): JsonObject[] {
  if (handler.kind === 'stream') return [{ $ref: '#/components/parameters/LastEventId' }];
  if (handler.kind !== 'write' || (method !== 'POST' && method !== 'PATCH')) return [];
  const key = { $ref: '#/components/parameters/IdempotencyKey' };
  return method === 'PATCH' ? [key, { $ref: '#/components/parameters/IfMatch' }] : [key];
}

function successOf({ handler, said }: DescribedRoute): JsonObject {
  const headers = { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } };
  const schema = said.result as JsonObject;
  if (handler.kind === 'stream') {
    const description =
      'Events as they happen: `id`, `event` and `data`, which is one line of JSON. The last is `end`.';
    // Of OpenAPI 3.2, which has a word for the type of one event; readers of 3.1 pass over it.
    return {
      200: {
        description,
        headers,
        content: { 'text/event-stream': { schema: { type: 'string' }, itemSchema: schema } },
      },
    };
  }
  const status = handler.kind === 'write' ? (handler.status ?? 200) : 200;
  const replayed = { 'Idempotent-Replayed': { $ref: '#/components/headers/IdempotentReplayed' } };
  return {
    [status]: {
      description: descriptionOf(said),
      headers: { ...headers, ...(handler.kind === 'write' && replayed) },
      content: { 'application/json': { schema } },
    },
  };
}

function descriptionOf({ result, summary }: RouteContract): string {
  return referredName(result) ?? summary;
}

function errorsOf(handler: AnyHandler, path: string): JsonObject {
  const statuses = [
    400,
    ...(handler.scope === 'anyone' ? [] : [401, 403]),
    ...(path.includes(':') ? [404] : []),
    ...(handler.kind === 'write' ? [409] : []),
    429,
  ];
  const named = statuses.map((status) => [status, { $ref: `#/components/responses/Status${status}` }]);
  return { ...Object.fromEntries(named), default: { $ref: '#/components/responses/Problem' } };
}
