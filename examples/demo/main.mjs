// The first run, in one command: `npm run demo` at the root of the repository.
import { readFileSync } from 'node:fs';
import { Runctl } from '@runctl/sdk';
import { startRuntime } from './runtime-process.mjs';
import { table, traceTable } from './table.mjs';

const provider = process.env.RUNCTL_DEMO_PROVIDER ?? 'simulated';
const model = process.env.RUNCTL_DEMO_MODEL ?? (provider === 'simulated' ? 'auto' : 'gpt-4o-mini');
const path = 'examples/demo/table.mjs';
const code = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const bold = (text) => (process.stdout.isTTY ? `\u001b[1m${text}\u001b[0m` : text);
const heading = (text) => console.log(`\n${bold(text)}`);
const indent = (text) => text.replaceAll(/^/gm, '  ');

heading('1. The runtime');
const runtime = await startRuntime();
console.log(`  listens on ${runtime.baseUrl} after ${Math.round(runtime.startedInMs)} ms, in a temporary folder`);

try {
  const client = new Runctl({ apiKey: runtime.apiKey, baseUrl: runtime.baseUrl });

  heading('2. An agent with tools, deployed');
  const agent = await client.agents.create({
    name: 'Code Reviewer',
    type: 'reactive',
    modelProvider: provider,
    model,
    systemPrompt: 'You are an expert code reviewer. Analyze code for bugs, security issues, and best practices.',
    tools: ['code_analysis', 'calculator'],
  });
  const deployment = await client.agents.deploy(agent.id, { replicas: 1 });
  console.log(`  ${agent.id} runs ${provider}/${model}, ${deployment.replicas.ready} replica ready`);

  heading(`3. A task: analyze ${path}`);
  const task = await client.tasks.create({
    agentId: agent.id,
    input: {
      version: '1.0',
      payload: { message: 'Analyze this code and name its most complex function.', code, path },
    },
  });
  const completed = await client.tasks.waitForCompletion(task.id, { throwOnFailure: true });
  console.log(indent(String(completed.result)));

  heading('4. Its trace: each step was committed before the next began');
  console.log(traceTable(await client.tasks.getTrace(task.id)));

  heading('5. What if? A fork from step 2 with another prompt');
  const fork = await client.tasks.fork(task.id, 2, { prompt: 'In one line: is this code safe to ship?' });
  const forked = await client.tasks.waitForCompletion(fork.id, { throwOnFailure: true });
  console.log(indent(String(forked.result)));
  console.log(`\n${traceTable(await client.tasks.getTrace(fork.id))}`);

  heading('6. Where the two part');
  const comparison = await client.tasks.compare(task.id, fork.id);
  console.log(
    table(comparison.steps.map((step) => ({ task: step.baseStep ?? '–', fork: step.otherStep ?? '–', is: step.op }))),
  );
  const first = comparison.firstDivergence;
  if (first !== null) {
    console.log(
      `\n  first at step ${first.baseStep ?? '–'} of the task, ${first.otherStep ?? '–'} of the fork: ${first.kind} (${first.pointer})`,
    );
    console.log(`    task: ${shorten(first.base)}`);
    console.log(`    fork: ${shorten(first.other)}`);
    if (first.pointer.startsWith('/snapshot/')) {
      console.log(
        '  What differs there is the state at entry; whether a step is the same goes by its call and its answer.',
      );
    }
  }

  if (provider === 'simulated') {
    heading('No model was called');
    console.log(
      '  The provider was "simulated": its words are made by rules, its tokens are estimates, its cost is 0.',
    );
    console.log('  The tools, the trace, the fork and the comparison are real. With a real model:');
    console.log('    OPENAI_API_KEY=... RUNCTL_DEMO_PROVIDER=openai RUNCTL_DEMO_MODEL=gpt-4o-mini npm run demo');
    console.log('    OPENAI_COMPATIBLE_BASE_URL=http://127.0.0.1:11434/v1 RUNCTL_DEMO_PROVIDER=openai-compatible \\');
    console.log('      RUNCTL_DEMO_MODEL=llama3.2 npm run demo');
  }
} finally {
  await runtime.stop();
}

function shorten(value) {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}
