// What a user's program asks of the types, on the oldest compiler and the newest. Nothing here runs; no line needs the
// DOM's types, or Node's, beyond what the packages themselves name.
import { type Agent, type AgentEvent, type Agents, agents } from '@runctl/agents';
import {
  type ClientOptions,
  createClient,
  isRetryableError,
  type Middleware,
  type Paginator,
  type Resource,
  RunctlConflictError,
  RunctlError,
  RunctlNotFoundError,
  RunctlWaitTimeoutError,
  responseMeta,
  type StandardSchema,
  type Transport,
} from '@runctl/core';
import { otel } from '@runctl/core/otel';
import { createTestFetch, createTestTransport, failWith, inOrder, pageOf, streamOf } from '@runctl/core/testing';
import { signWebhook, verifyWebhook } from '@runctl/core/webhooks';
import { Runctl, type Task as SdkTask } from '@runctl/sdk';
import { type FinishedTask, type Task, Tasks, tasks } from '@runctl/tasks';
import { type AgentTeam, teams } from '@runctl/teams';
import { type TenantUsage, tenants } from '@runctl/tenants';
import { type WorkflowState, workflowDefinitions, workflows } from '@runctl/workflows';

/** Compiles only where both types are one and the same; `any` is like no other type. */
type Same<One, Other> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false;
const proof = <Proven extends true>(): Proven | undefined => undefined;

interface Invoice {
  total: number;
}
declare const invoiceSchema: StandardSchema<Invoice>;

const timing: Middleware = async (request, next, { route, attempt }) => {
  const response = await next(request);
  return route === 'GET /agents' && attempt === 1 ? next(request) : response;
};
const options: ClientOptions = { apiKey: async () => 'rctl_...', retries: 2, middleware: [timing, otel()] };

/** One resource, and a resource of the user's own. */
export async function edge(): Promise<Agent[]> {
  const own: Resource<{ ping(): Promise<{ ok: boolean }> }> = (transport: Transport) => ({
    ping: () => transport.request({ route: 'GET /ping' }),
  });
  const client = createClient({ ...options, resources: { agents, own } });
  proof<Same<typeof client.agents, Agents>>();
  const { ok } = await client.own.ping();
  // @ts-expect-error a resource that was not named
  client.tasks;
  const all: Paginator<Agent> = client.agents.iter({ status: ['running', 'degraded'] });
  return ok ? all.toArray({ limit: 10 }) : (await client.agents.list({ limit: 10 })).data;
}

export async function everyResource(): Promise<[AgentTeam, TenantUsage, WorkflowState, SdkTask]> {
  const client = createClient({ ...options, resources: { tasks, teams, tenants, workflows, workflowDefinitions } });
  const sdk = new Runctl(options).withOptions({ timeout: 1_000 });
  proof<Same<typeof sdk, Runctl>>();
  return [
    await client.teams.getById('tem_1'),
    await client.tenants.getUsage('current'),
    await client.workflows.waitForCompletion('wfl_1', { timeoutMs: 1_000 }),
    await sdk.tasks.getById('tsk_1'),
  ];
}

/** A schema types the result; a status tells what a task has. */
export async function results(client: Pick<Runctl, 'tasks'>): Promise<number> {
  const work = { agentId: 'agt_1', input: { payload: { message: 'Extract.' } } };
  const completed = await client.tasks.createAndWait({ ...work, schema: invoiceSchema }, { throwOnFailure: true });
  proof<Same<typeof completed.result, Invoice>>();
  const finished = await client.tasks.createAndWait({ ...work, schema: invoiceSchema });
  proof<Same<typeof finished, FinishedTask<Invoice>>>();
  if (finished.status === 'failed') return finished.error.message.length;
  // @ts-expect-error an agent and a team at once
  await client.tasks.create({ ...work, teamId: 'tem_1' });
  // @ts-expect-error a status that is none
  await client.tasks.list({ status: 'done' });
  return client.tasks.isCompleted(finished) ? finished.result.total : 0;
}

export async function follow(client: Runctl, write: (text: string) => void): Promise<void> {
  for await (const event of client.tasks.events.stream('tsk_1', { type: ['output.delta', 'log'] })) {
    if (event.type === 'output.delta') write(event.data.text);
  }
  const stream = client.agents.events.stream('agt_1', {}, { after: 'evt_1', idleTimeout: 1_000 });
  const first: IteratorResult<AgentEvent> = await stream.next();
  if (!first.done && first.value.type === 'agent.status') write(first.value.data.name);
  await stream.close();
}

export function explain(error: unknown): string {
  if (error instanceof RunctlNotFoundError) return error.resourceId ?? error.resource;
  if (error instanceof RunctlWaitTimeoutError) return String(error.waitedMs);
  if (error instanceof RunctlConflictError || Runctl.isControllerBusy(error)) return 'busy';
  if (isRetryableError(error)) return 'later';
  return error instanceof RunctlError ? (error.request?.path ?? error.code) : 'unknown';
}

export async function subpaths(task: Task, secret: string): Promise<string | undefined> {
  const body = '{}';
  const headers = await signWebhook(body, [secret], { id: 'evt_1' });
  const event = await verifyWebhook<{ type: string }>(body, { ...headers }, secret, { toleranceSeconds: 60 });
  const transport = createTestTransport({
    'GET /tasks/:taskId': inOrder(failWith(503), { id: 'tsk_1', status: 'running' }),
    'GET /tasks': pageOf([task]),
    'GET /tasks/:taskId/events/stream': streamOf([{ id: 'evt_1', type: 'log' }], { cut: true }),
  });
  const fetch = createTestFetch({ 'POST /agents': ({ body: sent }) => sent });
  const found = await new Tasks(transport).getById<Invoice>('tsk_1', { idempotencyKey: 'one', ifMatch: 3 });
  proof<Same<typeof found, Task<Invoice>>>();
  return new Runctl({ ...options, fetch }) && (responseMeta(found)?.requestId ?? event.type);
}
