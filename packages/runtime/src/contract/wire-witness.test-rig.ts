import type { JsonObject, JsonSchema, JsonValue } from '@runctl/core';
import { expect } from 'vitest';
import { auditedActions } from '../http/audited-actions.ts';
import { findMisfits } from '../schema/json-schema.ts';

interface Operation {
  description: string;
  responses: Record<
    string,
    { $ref?: string; content?: Record<string, { schema: JsonSchema; itemSchema?: JsonSchema }> }
  >;
}

/** The first words of all paths, by the suite that calls what is below them. */
const suites = {
  agents: ['agents', 'tools'],
  tasks: ['tasks'],
  workflows: ['workflows', 'workflow-definitions'],
  teams: ['teams'],
  tenants: ['tenants', 'whoami', 'invite-codes'],
} as const;

/** Its entry belongs to another tenant than the caller's, who has none yet. */
const auditsItself = 'POST /invite-codes/:inviteCode/redeem';

/** A resource of the SDK. */
export type Resource = keyof typeof suites;

/** Sees each answer on its way to the SDK, and holds it against the description of the API. */
export class WireWitness {
  /** `GET /agents`: what was answered as it should be where all goes well. */
  readonly succeeded = new Set<string>();
  /** Requests that have changed something, each of which the audit log has to name. */
  changes = 0;
  /** Events of streams that have been looked at. */
  events = 0;
  /** What an answer had that the contract does not say, or lacked that it says. */
  readonly misfits: string[] = [];
  readonly #operations: { route: string; pattern: RegExp; operation: Operation }[];
  readonly #components: JsonObject;
  readonly #schemas = new Map<JsonSchema, JsonSchema>();

  /** `api`: the description, as the runtime serves it. */
  constructor(api: JsonObject) {
    this.#components = onlyWhatIsSaid(api.components ?? null) as JsonObject;
    this.#operations = Object.entries(api.paths as unknown as Record<string, Record<string, Operation>>).flatMap(
      ([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => ({
          route: `${method.toUpperCase()} ${path.replace('/v1', '').replace(/\{(\w+)\}/g, ':$1')}`,
          pattern: new RegExp(`^${method.toUpperCase()} ${path.replace(/\{\w+\}/g, '[^/]+')}$`),
          operation,
        })),
    );
    const known: readonly string[] = Object.values(suites).flat();
    expect(this.#operations.map(({ route }) => route).filter((route) => !known.includes(rootOf(route)))).toEqual([]);
    // What has no parameter comes first: /tasks/stats is no task.
    this.#operations.sort((a, b) => Number(a.route.includes(':')) - Number(b.route.includes(':')));
  }

  /** Fails where an answer was not as described, or a route of the resource has not been called with success. */
  expectWhole(resource: Resource): void {
    expect(this.misfits).toEqual([]);
    const own = this.#routesUnder(suites[resource]);
    expect(own).not.toEqual([]);
    expect([...this.succeeded].filter((route) => own.includes(route)).sort()).toEqual(own);
  }

  /** Those that this version does not answer are left out. */
  #routesUnder(roots: readonly string[]): string[] {
    return this.#operations
      .filter(({ operation }) => !operation.description.includes('Not answered by this version'))
      .map(({ route }) => route)
      .filter((route) => roots.includes(rootOf(route)))
      .sort();
  }

  /** Gives the answer on, once it is looked at; a stream is looked at as it flows. */
  async witness(request: Request, response: Response): Promise<Response> {
    const asked = `${request.method} ${decodeURI(new URL(request.url).pathname)}`;
    const found = this.#operations.find(({ pattern }) => pattern.test(asked));
    if (found === undefined) {
      this.misfits.push(`${asked}: the description has no such route`);
      return response;
    }
    const { route, operation } = found;
    if (response.ok) {
      this.succeeded.add(route);
      const action = auditedActions[route as keyof typeof auditedActions] ?? null;
      const isNamed = action !== null || route === auditsItself;
      if (isNamed && !response.headers.has('idempotent-replayed')) this.changes += 1;
    }
    const said = operation.responses[response.status] ?? operation.responses.default;
    const content = this.#resolve(said)?.content ?? {};
    const [type = ''] = (response.headers.get('content-type') ?? '').split(';');
    const { schema, itemSchema } = content[type] ?? {};
    if (schema === undefined) {
      this.misfits.push(`${route}: ${response.status} ${type} is not described`);
      return response;
    }
    if (itemSchema !== undefined) return this.#watch(route, response, itemSchema);
    this.#check(route, (await response.clone().json()) as JsonValue, schema);
    return response;
  }

  #watch(route: string, response: Response, schema: JsonSchema): Response {
    let text = '';
    const decoder = new TextDecoder();
    const look = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        text += decoder.decode(chunk, { stream: true });
        const records = text.split('\n\n');
        text = records.pop() ?? '';
        for (const record of records) this.#checkEvent(route, record, schema);
        controller.enqueue(chunk);
      },
    });
    return new Response(response.body?.pipeThrough(look), response);
  }

  /** What has a name (`end`) and what has no data (a beat) are the stream's own words. */
  #checkEvent(route: string, record: string, schema: JsonSchema): void {
    const lines = record.split('\n');
    const data = lines.flatMap((line) => /^data: ?(.*)$/.exec(line)?.[1] ?? []).join('\n');
    if (data === '' || lines.some((line) => line.startsWith('event:'))) return;
    this.events += 1;
    this.#check(route, JSON.parse(data) as JsonValue, schema);
  }

  #resolve(response: Operation['responses'][string] | undefined): Operation['responses'][string] | undefined {
    const name = response?.$ref?.split('/').at(-1);
    if (name === undefined) return response;
    return (this.#components.responses as unknown as Operation['responses'])[name];
  }

  #check(route: string, value: JsonValue, schema: JsonSchema): void {
    let strict = this.#schemas.get(schema);
    if (strict === undefined) {
      strict = { ...(onlyWhatIsSaid(schema) as JsonObject), components: this.#components } as JsonSchema;
      this.#schemas.set(schema, strict);
    }
    for (const { path, message } of findMisfits(value, strict)) this.misfits.push(`${route}: ${path} ${message}`);
  }
}

function rootOf(route: string): string {
  return route.split('/')[1] ?? '';
}

/** The same schema, which takes no member that it does not name. Open ones (`metadata`) name none at all. */
function onlyWhatIsSaid(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(onlyWhatIsSaid);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, onlyWhatIsSaid(value)]));
  const isClosed = copy.type === 'object' && typeof copy.properties === 'object' && !('additionalProperties' in copy);
  return isClosed ? { ...copy, unevaluatedProperties: false } : copy;
}
