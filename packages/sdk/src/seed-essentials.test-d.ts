/// <reference types="node" />
import { z } from 'zod';
import {
  type Runctl,
  RunctlApiError,
  RunctlAuthenticationError,
  RunctlNotFoundError,
  RunctlRateLimitError,
  RunctlValidationError,
  Runctl as SharedRunctl,
} from './index.ts';

// The samples of the essentials page, in this SDK's names: a runtime there is an agent here, a run or an invocation a task.

export async function pagination(client: Runctl) {
  // One page
  const { data, nextCursor } = await client.agents.list({ status: 'running' });
  const cursor: string | null = nextCursor;

  // Every page
  for await (const agent of client.agents.iter({ status: 'running' })) {
    console.log(agent.id);
  }
  return { data, cursor };
}

export function streaming(client: Runctl, taskId: string) {
  const url = client.tasks.events.streamUrl(taskId, { type: 'output.delta' });

  const source = new EventSource(url);
  source.onmessage = (message) => {
    const event = JSON.parse(message.data);
    console.log(event.type, event.name);
  };
}

export async function errors(client: Runctl) {
  try {
    await client.agents.getById('agt_missing');
  } catch (error) {
    if (error instanceof RunctlNotFoundError) {
      console.log(error.status satisfies number);
    } else if (error instanceof RunctlRateLimitError) {
      console.log(error.retryAfter satisfies number);
    } else if (error instanceof RunctlAuthenticationError || error instanceof RunctlValidationError) {
      console.log(error.details);
    } else if (error instanceof RunctlApiError) {
      console.error(error.code, error.requestId);
    }
  }
}

export function controllerBusy(error: unknown): boolean {
  if (SharedRunctl.isControllerBusy(error)) {
    // another controller holds the agent
    return true;
  }
  return false;
}

export async function idempotency(client: Runctl, agentId: string) {
  await client.agents.deploy(agentId, {}, { idempotencyKey: 'boot-2024-06-01' });

  await client.tasks.create(
    { agentId, input: { payload: { message: 'Click submit.' } } },
    { idempotencyKey: 'submit-once' },
  );
}

export async function schemaAuthoring(client: Runctl, agentId: string): Promise<number | undefined> {
  const task = await client.tasks.createAndWait({
    agentId,
    input: { payload: { message: 'Extract the invoice.' } },
    schema: z.object({
      number: z.string(),
      total: z.number(),
    }),
  });
  return client.tasks.isCompleted(task) ? task.result.total : undefined;
}
