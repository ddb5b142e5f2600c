import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Runctl } from '@runctl/sdk';
import { expect, test } from 'vitest';
import { expectInvariants } from './faults/home-reader.test-rig.ts';
import { startRuntimeProcess } from './runtime-process.test-rig.ts';

test('killed with kill -9 again and again, a workflow goes on where it was: no step is lost and none is done twice', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'runctl-workflow-crash-'));
  let runtime = await startRuntimeProcess(folder);
  try {
    const apiKey = runtime.apiKey ?? '';
    let client = new Runctl({ apiKey, baseUrl: runtime.url });
    const agent = await client.agents.create({
      name: 'Slow echo',
      type: 'reactive',
      modelProvider: 'simulated',
      model: 'scripted',
      systemPrompt: 'Wait.',
      metadata: { simulation: { rules: [{ when: {}, reply: { text: 'done', delayMs: 5 } }] } },
    });
    await client.agents.deploy(agent.id, { replicas: 8 });
    const step = (stepId: string, dependsOn?: string[]) => ({
      stepId,
      name: stepId,
      agentId: agent.id,
      ...(dependsOn === undefined ? {} : { dependsOn }),
    });
    const definition = await client.workflowDefinitions.create({
      name: 'Long',
      pattern: 'dag',
      steps: [
        ...Array.from({ length: 40 }, (_, index) => step(`s${index}`, index === 0 ? [] : [`s${index - 1}`])),
        { stepId: 'each', name: 'Each', type: 'map', over: 'input.items', steps: [step('say')] },
        { stepId: 'pause', name: 'Pause', type: 'wait', seconds: 0.2, dependsOn: ['s39', 'each'] },
      ],
    });
    const items = Array.from({ length: 200 }, (_, index) => index);
    const { id } = await client.workflows.execute({ workflowDefinitionId: definition.id, input: { items } });
    const completed = async () => (await client.workflows.getMetrics(id)).stepCounts.completed;
    for (const least of [5, 60, 120, 200]) {
      while ((await completed()) < least) await new Promise((resolve) => setTimeout(resolve, 5));
      await runtime.kill();
      runtime = await startRuntimeProcess(folder);
      client = new Runctl({ apiKey, baseUrl: runtime.url });
    }
    const done = await client.workflows.waitForCompletion(id, { timeoutMs: 30_000 });
    expect(done).toMatchObject({ status: 'completed', error: null });
    const steps = await client.workflows.getSteps(id);
    expect(steps.every(({ status, attempt }) => status === 'completed' && attempt === 1)).toBe(true);
    const tasks = await client.tasks.list({ workflowId: id, page: 1 });
    expect(tasks.pagination.total).toBe(240);
    expect(new Set(steps.flatMap(({ taskId }) => taskId ?? [])).size).toBe(240);
    // Each step ended once, in the story that is told of it too.
    const ends: string[] = [];
    for await (const event of client.workflows.events.iter(id)) {
      if (event.type === 'step.status' && event.data.status === 'completed') ends.push(event.data.stepId);
    }
    expect(ends).toHaveLength(242);
    expect(new Set(ends).size).toBe(242);
    await expectInvariants({ folder });
  } finally {
    await runtime.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}, 60_000);
