import { findPostgres, type PostgresServer, startPostgres } from '@runctl/testkit';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AgentsAtWork, inLines, startAgentsAtWork } from './agents-at-work.test-rig.ts';

const bin = findPostgres();
let server: PostgresServer | undefined;
const homes = [
  { name: 'sqlite', url: async () => undefined },
  ...(bin === undefined
    ? []
    : [
        {
          name: 'postgres',
          url: async () => {
            server ??= await startPostgres(bin);
            return server.createDatabase();
          },
        },
      ]),
];

afterAll(async () => server?.stop());

describe.each(homes)('what people do not decide in time, on $name', ({ url }) => {
  let work: AgentsAtWork;

  beforeEach(async () => {
    work = await startAgentsAtWork(await url());
  });

  afterEach(() => work.close());

  const pay = {
    name: 'pay',
    description: 'Pays.',
    inputSchema: { type: 'object', properties: {}, additionalProperties: false },
    enabled: true,
    requiresApproval: true,
    invokeUrl: 'http://127.0.0.1:9/pay',
  };
  const paying = [
    { when: { text: 'Pay' }, reply: { toolCalls: [{ name: 'pay', arguments: {} }] } },
    { when: { tool: 'pay' }, reply: { text: 'It is not paid.' } },
  ];
  const asking = [
    { when: { text: 'Which' }, reply: { toolCalls: [{ name: 'ask_human', arguments: { question: 'Which?' } }] } },
  ];
  const limits = { actionTimeoutSeconds: 2.5 };
  const payer = (seconds = limits) => work.agent(paying, { tools: [pay], limits: seconds });

  test('is a rejected call: the step says why, and the task goes on', async () => {
    const agent = await payer();
    expect(agent.limits.actionTimeoutSeconds).toBe(2.5);
    const task = await work.waiting(await work.ask(agent, 'Pay.'));
    const { expiresAt } = task.waitingFor as { expiresAt: string };
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.parse(task.createdAt));
    const done = await work.client.tasks.waitForCompletion(task.id);
    expect(done).toMatchObject({ status: 'completed', result: 'It is not paid.', attempt: 1 });
    const steps = await work.steps(task);
    expect(inLines(steps)).toEqual([
      '1 model scripted completed',
      '2 approval pay failed',
      '3 tool pay failed',
      '4 model scripted completed',
    ]);
    expect(steps[1]).toMatchObject({ output: { approved: false }, error: { code: 'expired', step: 2 } });
    expect(steps[2]?.error).toMatchObject({ code: 'rejected' });
    await expect(work.client.tasks.approve(task.id)).rejects.toMatchObject({ code: 'task.not_waiting' });
  });

  test('ends a task whose question nobody answered; a fork asks anew', async () => {
    const agent = await work.agent(asking, { tools: ['ask_human'], limits });
    const done = await work.run(agent, 'Which colour?');
    expect(done).toMatchObject({ status: 'failed', error: { code: 'expired', step: 2, retryable: true } });
    expect(inLines(await work.steps(done))).toEqual(['1 model scripted completed', '2 input ask_human failed']);
    const fork = await work.client.tasks.fork(done.id, 2);
    expect((await work.waiting(fork)).waitingFor).toMatchObject({ kind: 'input' });
  });

  test('is told to the task that handed the work out', async () => {
    const member = await work.agent(asking, { tools: ['ask_human'], limits });
    const lead = await work.agent(
      [
        {
          when: { text: 'Begin' },
          reply: { toolCalls: [{ name: 'delegate_to_helper', arguments: { instruction: 'Which?' } }] },
        },
        { when: { tool: 'delegate_to_helper' }, reply: { text: 'Nobody knew.' } },
      ],
      { type: 'supervisor', members: [{ agentId: member.id, role: 'helper' }] },
    );
    const done = await work.run(lead, 'Begin.');
    expect(done).toMatchObject({ status: 'completed', result: 'Nobody knew.' });
    expect((await work.steps(done))[1]).toMatchObject({ kind: 'delegation', error: { code: 'expired' } });
  });

  test('expires after a restart too', async () => {
    const agent = await payer();
    const task = await work.waiting(await work.ask(agent, 'Pay.'));
    await work.restart();
    const done = await work.client.tasks.waitForCompletion(task.id);
    expect(done).toMatchObject({ status: 'completed', result: 'It is not paid.' });
  });

  test('never expires by itself where the agent sets no end', async () => {
    const agent = await work.agent(paying, { tools: [pay] });
    expect(agent.limits.actionTimeoutSeconds).toBeNull();
    const task = await work.waiting(await work.ask(agent, 'Pay.'));
    expect(task.waitingFor).toMatchObject({ expiresAt: null });
  });

  test('fails an approval step of a workflow', async () => {
    const definition = await work.client.workflowDefinitions.create({
      name: 'With approval',
      pattern: 'sequential',
      steps: [
        { stepId: 'ok', name: 'OK', type: 'approval', prompt: 'Go on?', timeoutSeconds: 0.3, onError: 'continue' },
        { stepId: 'end', name: 'End', type: 'transform', output: 'went on' },
      ],
    });
    const { id } = await work.client.workflows.execute({ workflowDefinitionId: definition.id, input: {} });
    const done = await work.client.workflows.waitForCompletion(id);
    expect(done).toMatchObject({ status: 'completed', output: 'went on' });
    const steps = await work.client.workflows.getSteps(id);
    expect(steps[0]).toMatchObject({ stepId: 'ok', status: 'failed', error: { code: 'timeout' } });
  });
});
