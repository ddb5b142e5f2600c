import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AgentTool } from '@runctl/agents';
import { RunctlConflictError, RunctlValidationError } from '@runctl/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AgentsAtWork, inLines, startAgentsAtWork } from './agents-at-work.test-rig.ts';

let work: AgentsAtWork;
let server: Server;
/** The arguments of the calls that reached the tool. */
let paid: unknown[];

beforeEach(async () => {
  paid = [];
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    paid.push(JSON.parse(body).arguments);
    response.setHeader('content-type', 'application/json').end('{"paid":true}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  work = await startAgentsAtWork();
});

afterEach(async () => {
  await work.close();
  await new Promise((resolve) => server.close(resolve));
});

function payTool(): AgentTool {
  return {
    name: 'pay',
    description: 'Pays.',
    inputSchema: {
      type: 'object',
      properties: { euros: { type: 'number', maximum: 100 } },
      required: ['euros'],
      additionalProperties: false,
    },
    enabled: true,
    requiresApproval: true,
    invokeUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/pay`,
  };
}

const rules = [
  { when: { text: 'Pay' }, reply: { toolCalls: [{ name: 'pay', arguments: { euros: 5 } }] } },
  { when: { tool: 'pay', text: 'paid' }, reply: { text: 'It is paid.' } },
  { when: { tool: 'pay' }, reply: { text: 'It is not paid.' } },
];

describe('a tool that requires approval', () => {
  test('parks the task, gives its slot back, and runs once a person has approved it', async () => {
    const agent = await work.agent(rules, { tools: [payTool()] });
    await work.client.agents.scale(agent.id, { desiredReplicas: 1 });
    const task = await work.waiting(await work.ask(agent, 'Pay.'));
    expect(task.waitingFor).toMatchObject({
      kind: 'approval',
      actionId: expect.stringMatching(/^act_[0-9a-z]{26}$/),
      toolName: 'pay',
      arguments: { euros: 5 },
      expiresAt: null,
    });
    // The one slot is free for another task, which waits too.
    const other = await work.waiting(await work.ask(agent, 'Pay.'));
    expect(paid).toEqual([]);
    const queued = await work.client.tasks.approve(task.id, { comment: 'Fine.' });
    expect(queued).toMatchObject({ status: 'queued', waitingFor: null });
    const done = await work.client.tasks.waitForCompletion(task.id);
    expect(done).toMatchObject({ status: 'completed', result: 'It is paid.', attempt: 1 });
    expect(done.usage).toMatchObject({ steps: 4, modelCalls: 2, toolCalls: 1 });
    expect(paid).toEqual([{ euros: 5 }]);
    const steps = await work.steps(task);
    expect(inLines(steps)).toEqual([
      '1 model scripted completed',
      '2 approval pay completed',
      '3 tool pay completed',
      '4 model scripted completed',
    ]);
    expect(steps[1]).toMatchObject({
      input: { euros: 5 },
      output: { approved: true, arguments: null, comment: 'Fine.' },
    });
    expect((await work.client.tasks.getById(other.id)).status).toBe('waiting');
  });

  test('runs with the arguments that a person gave instead, if they fit', async () => {
    const agent = await work.agent(rules, { tools: [payTool()] });
    const task = await work.waiting(await work.ask(agent, 'Pay.'));
    const refused = work.client.tasks.approve(task.id, { arguments: { euros: 5_000 } });
    await expect(refused).rejects.toThrow(RunctlValidationError);
    await expect(refused).rejects.toThrow('/arguments/euros');
    expect((await work.client.tasks.getById(task.id)).status).toBe('waiting');
    await work.client.tasks.approve(task.id, { arguments: { euros: 3 } });
    await work.client.tasks.waitForCompletion(task.id);
    expect(paid).toEqual([{ euros: 3 }]);
    expect((await work.steps(task))[2]?.input).toEqual({ euros: 3 });
  });

  test('does not run when a person rejects it; the model is told why', async () => {
    const agent = await work.agent(rules, { tools: [payTool()] });
    const task = await work.waiting(await work.ask(agent, 'Pay.'));
    await work.client.tasks.reject(task.id, { reason: 'Too dear.' });
    const done = await work.client.tasks.waitForCompletion(task.id);
    expect(done).toMatchObject({ status: 'completed', result: 'It is not paid.' });
    expect(paid).toEqual([]);
    expect((await work.steps(task))[2]).toMatchObject({
      kind: 'tool',
      status: 'failed',
      error: { code: 'rejected', message: 'Too dear.' },
    });
  });

  test('is not asked about when the call cannot run anyway', async () => {
    const agent = await work.agent(
      [
        { when: { text: 'Pay' }, reply: { toolCalls: [{ name: 'pay', arguments: { euros: 'all' } }] } },
        { when: { tool: 'pay' }, reply: { text: 'No.' } },
      ],
      { tools: [payTool()] },
    );
    const task = await work.run(agent, 'Pay.');
    expect(inLines(await work.steps(task))).toEqual([
      '1 model scripted completed',
      '2 tool pay failed',
      '3 model scripted completed',
    ]);
  });

  test('answers 409 to what it does not wait for, and to all but the first who decide at once', async () => {
    const agent = await work.agent(rules, { tools: [payTool()] });
    const task = await work.waiting(await work.ask(agent, 'Pay.'));
    const answered = work.client.tasks.respond(task.id, { answer: 'yes' });
    await expect(answered).rejects.toThrow(RunctlConflictError);
    await expect(answered).rejects.toMatchObject({
      code: 'task.not_waiting',
      hint: expect.stringContaining('approve'),
    });
    const decisions = await Promise.allSettled([
      work.client.tasks.approve(task.id),
      work.client.tasks.reject(task.id),
      work.client.tasks.approve(task.id),
    ]);
    expect(decisions.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await work.client.tasks.waitForCompletion(task.id);
    await expect(work.client.tasks.approve(task.id)).rejects.toMatchObject({ code: 'task.not_waiting' });
  });

  test('ends at once when the task is cancelled, and its trace waits no more', async () => {
    const agent = await work.agent(rules, { tools: [payTool()] });
    const task = await work.waiting(await work.ask(agent, 'Pay.'));
    expect(await work.client.tasks.cancel(task.id)).toMatchObject({ status: 'cancelled', waitingFor: null });
    await expect(work.client.tasks.approve(task.id)).rejects.toMatchObject({ code: 'task.not_waiting' });
    expect((await work.steps(task))[1]).toMatchObject({ status: 'failed', error: { code: 'cancelled' } });
    expect(paid).toEqual([]);
  });

  test('is still asked about after a restart, and the time it waited does not count as running', async () => {
    const agent = await work.agent(rules, { tools: [payTool()] });
    const task = await work.waiting(await work.ask(agent, 'Pay.', { timeoutSeconds: 3 }));
    await work.restart();
    await new Promise((resolve) => setTimeout(resolve, 3_200));
    expect(await work.client.tasks.getById(task.id)).toMatchObject({ status: 'waiting', waitingFor: task.waitingFor });
    await work.client.tasks.approve(task.id);
    expect(await work.client.tasks.waitForCompletion(task.id)).toMatchObject({ status: 'completed', attempt: 1 });
  });

  test('is asked about anew in a fork from before the decision, and not in one from behind it', async () => {
    const agent = await work.agent(rules, { tools: [payTool()] });
    const source = await work.waiting(await work.ask(agent, 'Pay.'));
    const early = await work.waiting(await work.client.tasks.fork(source.id, 2));
    await work.client.tasks.approve(source.id);
    await work.client.tasks.waitForCompletion(source.id);
    expect((await work.client.tasks.getById(early.id)).status).toBe('waiting');

    const before = await work.waiting(await work.client.tasks.fork(source.id, 1));
    expect(paid).toHaveLength(1);
    await work.client.tasks.approve(before.id);
    const replayed = await work.client.tasks.waitForCompletion(before.id);
    expect((await work.steps(replayed))[2]?.tool).toMatchObject({ replayed: true });
    expect(paid).toHaveLength(1);

    const behind = await work.client.tasks.fork(source.id, 3, {}, { sideEffects: 'execute' });
    expect(await work.client.tasks.waitForCompletion(behind.id)).toMatchObject({ status: 'completed' });
    expect(paid).toHaveLength(2);

    // A call that a fork brings along is not the one that was approved, whatever its id.
    const { messages } = await work.client.tasks.getSnapshot(source.id, 3);
    const last = messages.at(-1);
    const forged = JSON.parse(JSON.stringify(last).replace('"euros":5', '"euros":99'));
    const brought = await work.client.tasks.fork(source.id, 3, { messages: [...messages.slice(0, -1), forged] });
    const asked = await work.waiting(brought);
    expect(asked.waitingFor).toMatchObject({ kind: 'approval', arguments: { euros: 99 } });
    expect(paid).toHaveLength(2);
  });
});

describe('ask_human', () => {
  const asking = [
    {
      when: { text: 'Which' },
      reply: {
        toolCalls: [{ name: 'ask_human', arguments: { question: 'Red or blue?', schema: { enum: ['red', 'blue'] } } }],
      },
    },
    { when: { tool: 'ask_human' }, reply: { text: 'A colour was chosen.' } },
  ];

  test('parks the task until a person answers, and the answer is its result', async () => {
    const agent = await work.agent(asking, { tools: ['ask_human'] });
    const task = await work.waiting(await work.ask(agent, 'Which colour?'));
    expect(task.waitingFor).toMatchObject({
      kind: 'input',
      question: 'Red or blue?',
      schema: { enum: ['red', 'blue'] },
    });
    await expect(work.client.tasks.approve(task.id)).rejects.toMatchObject({ code: 'task.not_waiting' });
    await expect(work.client.tasks.respond(task.id, { answer: 'green' })).rejects.toThrow(RunctlValidationError);
    await work.client.tasks.respond(task.id, { answer: 'blue' });
    const done = await work.client.tasks.waitForCompletion(task.id);
    expect(done.result).toBe('A colour was chosen.');
    const steps = await work.steps(task);
    expect(steps[1]).toMatchObject({ kind: 'input', name: 'ask_human', status: 'completed', output: 'blue' });
    expect(steps[1]?.tool).toMatchObject({ name: 'ask_human', replayed: false });
  });

  test('gives a fork the answer that its source got', async () => {
    const agent = await work.agent(asking, { tools: ['ask_human'] });
    const source = await work.waiting(await work.ask(agent, 'Which colour?'));
    await work.client.tasks.respond(source.id, { answer: 'red' });
    await work.client.tasks.waitForCompletion(source.id);
    const fork = await work.client.tasks.fork(source.id, 1);
    const done = await work.client.tasks.waitForCompletion(fork.id);
    expect((await work.steps(done))[1]).toMatchObject({ kind: 'input', output: 'red', tool: { replayed: true } });
    expect((await work.client.tasks.compare(source.id, fork.id)).identical).toBe(true);
  });

  test('fails as a tool where the question cannot be asked', async () => {
    const question = { question: 'Which?', schema: { $ref: 'https://evil.example/schema' } };
    const agent = await work.agent(
      [
        { when: { text: 'Which' }, reply: { toolCalls: [{ name: 'ask_human', arguments: question }] } },
        { when: { tool: 'ask_human' }, reply: { text: 'Nobody.' } },
      ],
      { tools: ['ask_human'] },
    );
    const task = await work.run(agent, 'Which colour?');
    expect((await work.steps(task))[1]?.error).toMatchObject({ code: 'tool_arguments_invalid' });
  });

  test('is among the tools that agents can have', async () => {
    const tools = await work.client.agents.listBuiltInTools();
    expect(tools.map(({ name }) => name)).toContain('ask_human');
  });
});
