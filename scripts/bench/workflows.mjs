// Workflows of simulated steps, from the SDK over HTTP to a runtime of its own process, on the embedded store.
import { Runctl } from '../../packages/sdk/dist/index.js';
import { deployEcho } from './echo-agent.mjs';
import { against, atOnce, percentile, round } from './measure.mjs';
import { startRuntimeProcess } from './runtime-process.mjs';

/** @param {{ workflows?: number, concurrency?: number, items?: number }} options */
export async function benchWorkflows({ workflows = 2_000, concurrency = 64, items = 1_000 } = {}) {
  const runtime = await startRuntimeProcess();
  try {
    const client = new Runctl({ apiKey: runtime.apiKey, baseUrl: runtime.url });
    const { id: agentId } = await deployEcho(client, 64);
    const sequential = await defineSequence(client, agentId);
    const run = () =>
      client.workflows.executeAndWait({ workflowDefinitionId: sequential, input: { message: 'hello' } });
    await atOnce(200, concurrency, run);
    const cpuBefore = runtime.cpuMicroseconds();
    const startedAt = performance.now();
    const finished = await atOnce(workflows, concurrency, run);
    const seconds = (performance.now() - startedAt) / 1_000;
    const cpuMicros = (runtime.cpuMicroseconds() - cpuBefore) / workflows;
    const durations = finished.map((each) => Date.parse(each.finishedAt) - Date.parse(each.createdAt));
    const mapCpuBefore = runtime.cpuMicroseconds();
    const map = await runMap(client, agentId, items);
    const mapCpuMicros = runtime.cpuMicroseconds() - mapCpuBefore;
    return {
      'sequential workflows of three steps a second, executed and waited for over HTTP': against(
        round(workflows / seconds),
        'at least 300',
      ),
      'CPU of the runtime, µs a workflow': against(round(cpuMicros), 'below 3300'),
      'not completed': finished.filter(({ status }) => status !== 'completed').length,
      'duration p50, ms': percentile(durations, 50),
      'duration p99, ms': percentile(durations, 99),
      'one alone, three steps, ms': round(await alone(run)),
      [`a map over ${items} items, ms`]: against(round(map.milliseconds), 'below 3000'),
      'CPU of the runtime for it, ms': round(mapCpuMicros / 1_000),
      'items of it in their order': map.isRight,
      'runtime resident after it, MB': runtime.residentMegabytes(),
    };
  } finally {
    await runtime.stop();
  }
}

async function defineSequence(client, agentId) {
  const { id } = await client.workflowDefinitions.create({
    name: 'Three steps',
    pattern: 'sequential',
    steps: ['research', 'write', 'review'].map((stepId) => ({ stepId, name: stepId, agentId })),
  });
  return id;
}

async function alone(run) {
  const startedAt = performance.now();
  for (let count = 0; count < 10; count += 1) await run();
  return (performance.now() - startedAt) / 10;
}

async function runMap(client, agentId, count) {
  const { id } = await client.workflowDefinitions.create({
    name: 'Wide',
    pattern: 'map',
    steps: [
      {
        stepId: 'each',
        name: 'Each',
        type: 'map',
        over: 'input.items',
        steps: [{ stepId: 'say', name: 'Say', agentId, input: '{{item}}' }],
      },
    ],
  });
  const items = Array.from({ length: count }, (_, index) => `item ${index}`);
  const startedAt = performance.now();
  const done = await client.workflows.executeAndWait({ workflowDefinitionId: id, input: { items } });
  const milliseconds = performance.now() - startedAt;
  return { milliseconds, isRight: JSON.stringify(done.output) === JSON.stringify(items) };
}
