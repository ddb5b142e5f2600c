import { RunctlValidationError } from '@runctl/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AgentsAtWork, inLines, startAgentsAtWork } from './agents-at-work.test-rig.ts';

let work: AgentsAtWork;
beforeEach(async () => {
  work = await startAgentsAtWork();
});
afterEach(() => work.close());

const delegate = (role: string, instruction: string) => ({
  toolCalls: [{ name: `delegate_to_${role}`, arguments: { instruction } }],
});

describe('a supervisor', () => {
  test('hands work to its members, waits without a slot, and answers from their results', async () => {
    const adder = await work.agent(
      [
        { when: { text: 'Add' }, reply: { toolCalls: [{ name: 'calculator', arguments: { expression: '2+3' } }] } },
        { when: { tool: 'calculator' }, reply: { text: 'five' } },
      ],
      { tools: ['calculator'] },
    );
    const writer = await work.agent([{ when: { text: 'Write five' }, reply: { text: '5!' } }]);
    const boss = await work.agent(
      [
        { when: { text: 'The sum?' }, reply: delegate('adder', 'Add 2 and 3.') },
        { when: { tool: 'delegate_to_adder' }, reply: delegate('head_writer', 'Write five.') },
        { when: { tool: 'delegate_to_head_writer' }, reply: { text: 'The sum is 5!' } },
      ],
      {
        type: 'supervisor',
        members: [
          { agentId: adder.id, role: 'adder' },
          { agentId: writer.id, role: 'Head writer', when: 'Something is to be written.' },
        ],
      },
    );
    const task = await work.run(boss, 'The sum?');
    expect(task).toMatchObject({ status: 'completed', result: 'The sum is 5!', attempt: 1 });
    const steps = await work.steps(task);
    expect(inLines(steps)).toEqual([
      '1 model scripted completed',
      '2 delegation delegate_to_adder completed',
      '3 model scripted completed',
      '4 delegation delegate_to_head_writer completed',
      '5 model scripted completed',
    ]);
    expect(steps[1]).toMatchObject({ input: { instruction: 'Add 2 and 3.' }, output: 'five' });
    const child = await work.client.tasks.getById(steps[1]?.childTaskId ?? '');
    expect(child).toMatchObject({ agentId: adder.id, parentTaskId: task.id, status: 'completed', result: 'five' });
    expect(inLines(await work.steps(child))).toEqual([
      '1 model scripted completed',
      '2 tool calculator completed',
      '3 model scripted completed',
    ]);
    const { data: children } = await work.client.tasks.list({ parentTaskId: task.id });
    expect(children).toHaveLength(2);
  });

  test('with a single slot for all does not stand in the way of its member', async () => {
    const boss = await work.agent(
      [
        { when: { text: 'Deep' }, reply: { text: 'Bottom.' } },
        { when: { text: 'Start' }, reply: delegate('self', 'Deep') },
        { when: { tool: 'delegate_to_self' }, reply: { text: 'Back.' } },
      ],
      { name: 'Boss' },
    );
    const self = { type: 'supervisor' as const, members: [{ agentId: boss.id, role: 'self' }] };
    await work.client.agents.update(boss.id, self);
    await work.client.agents.deploy(boss.id, { replicas: 1 });
    expect(await work.run(boss, 'Start')).toMatchObject({ status: 'completed', result: 'Back.' });
  });

  test('hands work that one answer of its model asks for to several members at once', async () => {
    const members = [];
    for (const role of ['one', 'two', 'three']) {
      const agent = await work.agent([{ when: {}, reply: { text: `${role} is done`, delayMs: 2_000 } }]);
      members.push({ agentId: agent.id, role });
    }
    const calls = ['one', 'two', 'three'].map((role) => delegate(role, `Do ${role}.`).toolCalls[0]);
    const boss = await work.agent(
      [
        { when: { text: 'Go' }, reply: { toolCalls: calls } as never },
        { when: { tool: 'delegate_to_three' }, reply: { text: 'All are done.' } },
      ],
      { type: 'supervisor', members },
    );
    const task = await work.ask(boss, 'Go');
    const waiting = await work.waiting(task);
    expect(waiting.waitingFor).toMatchObject({ kind: 'children', taskIds: { length: 3 } });
    const done = await work.client.tasks.waitForCompletion(task.id);
    expect(done).toMatchObject({ status: 'completed', result: 'All are done.', attempt: 1 });
    const steps = await work.steps(task);
    expect(inLines(steps)).toEqual([
      '1 model scripted completed',
      '2 delegation delegate_to_one completed',
      '3 delegation delegate_to_two completed',
      '4 delegation delegate_to_three completed',
      '5 model scripted completed',
    ]);
    const { messages } = await work.client.tasks.getSnapshot(task.id, 5);
    expect(messages.slice(2).map(({ content }) => (content as { result: string }).result)).toEqual([
      'one is done',
      'two is done',
      'three is done',
    ]);
    const fork = await work.client.tasks.fork(task.id, 3);
    expect(await work.client.tasks.waitForCompletion(fork.id)).toMatchObject({ result: 'All are done.' });
  });

  test('goes on in the same run where none of several hand-overs may be', async () => {
    const echo = await work.agent([{ when: {}, reply: { text: 'done' } }]);
    const twice = { toolCalls: [delegate('echo', '').toolCalls[0], delegate('echo', ' ').toolCalls[0]] };
    const boss = await work.agent(
      [
        { when: { text: 'Go' }, reply: twice as never },
        { when: { tool: 'delegate_to_echo' }, reply: { text: 'Never mind.' } },
      ],
      { type: 'supervisor', members: [{ agentId: echo.id, role: 'echo' }] },
    );
    const done = await work.run(boss, 'Go');
    expect(done).toMatchObject({ status: 'completed', result: 'Never mind.', attempt: 1 });
    expect((await work.steps(done)).map(({ status }) => status)).toEqual([
      'completed',
      'failed',
      'failed',
      'completed',
    ]);
  });

  test('is told when a member fails, and goes on', async () => {
    const broken = await work.agent([{ when: {}, reply: { error: { code: 'provider_error', message: 'Down.' } } }]);
    const boss = await work.agent(
      [
        { when: { text: 'Go' }, reply: delegate('broken', 'Do it.') },
        { when: { tool: 'delegate_to_broken', text: 'Down.' }, reply: { text: 'It is down.' } },
      ],
      { type: 'supervisor', members: [{ agentId: broken.id, role: 'broken' }] },
    );
    const task = await work.run(boss, 'Go');
    expect(task.result).toBe('It is down.');
    expect((await work.steps(task))[1]).toMatchObject({
      status: 'failed',
      error: { code: 'provider_error', message: 'Down.', step: 2 },
    });
  });

  test('cannot hand the same work to the same member twice, nor in a circle, nor too deep', async () => {
    const echo = await work.agent([{ when: {}, reply: { text: 'done' } }]);
    const boss = await work.agent(
      [
        { when: { step: 1 }, reply: delegate('echo', 'Same.') },
        { when: { step: 3 }, reply: delegate('echo', 'Same.') },
        { when: { step: 5 }, reply: { text: 'Enough.' } },
      ],
      { type: 'supervisor', members: [{ agentId: echo.id, role: 'echo' }] },
    );
    const task = await work.run(boss, 'Go');
    expect((await work.steps(task))[3]).toMatchObject({ status: 'failed', error: { code: 'delegation_loop' } });

    // Each level hands on, with other words: the third is the last.
    const chain = await work.agent([
      { when: { text: 'level 0' }, reply: delegate('self', 'level 1') },
      { when: { text: 'level 1' }, reply: delegate('self', 'level 2') },
      { when: { text: 'level 2' }, reply: delegate('self', 'level 3') },
      { when: { text: 'level 3' }, reply: delegate('self', 'level 4') },
      { when: { tool: 'delegate_to_self' }, reply: { text: 'back' } },
    ]);
    await work.client.agents.update(chain.id, {
      type: 'supervisor',
      members: [{ agentId: chain.id, role: 'self' }],
    });
    await work.client.agents.deploy(chain.id, { replicas: 1 });
    expect(await work.run(chain, 'level 0')).toMatchObject({ status: 'completed', result: 'back' });
    const { data } = await work.client.tasks.list({ agentId: chain.id });
    expect(data).toHaveLength(4);
    const errors = (await Promise.all(data.map(work.steps))).flat().flatMap(({ error }) => error?.code ?? []);
    expect(errors).toEqual(['delegation_too_deep']);
  });

  test('that is cancelled takes its children along; a child that is cancelled tells its parent', async () => {
    const slow = await work.agent([{ when: {}, reply: { text: 'late', delayMs: 60_000 } }]);
    const boss = await work.agent(
      [
        { when: { text: 'Go' }, reply: delegate('slow', 'Take your time.') },
        { when: { tool: 'delegate_to_slow', text: 'cancelled' }, reply: { text: 'Without it, then.' } },
      ],
      { type: 'supervisor', members: [{ agentId: slow.id, role: 'slow' }] },
    );
    const first = await work.waiting(await work.ask(boss, 'Go'));
    const [childId = ''] = first.waitingFor.kind === 'children' ? first.waitingFor.taskIds : [];
    await work.client.tasks.cancel(first.id);
    expect(await work.client.tasks.waitForCompletion(childId)).toMatchObject({ status: 'cancelled' });
    expect((await work.steps(first))[1]).toMatchObject({ status: 'failed', error: { code: 'cancelled' } });

    const second = await work.waiting(await work.ask(boss, 'Go'));
    const [otherId = ''] = second.waitingFor.kind === 'children' ? second.waitingFor.taskIds : [];
    await work.client.tasks.cancel(otherId);
    expect(await work.client.tasks.waitForCompletion(second.id)).toMatchObject({
      status: 'completed',
      result: 'Without it, then.',
    });
  });

  test('goes on with its child after a restart', async () => {
    const asker = await work.agent(
      [
        { when: { text: 'Ask' }, reply: { toolCalls: [{ name: 'ask_human', arguments: { question: 'Yes?' } }] } },
        { when: { tool: 'ask_human' }, reply: { text: 'yes' } },
      ],
      { tools: ['ask_human'] },
    );
    const boss = await work.agent(
      [
        { when: { text: 'Go' }, reply: delegate('asker', 'Ask.') },
        { when: { tool: 'delegate_to_asker' }, reply: { text: 'It said yes.' } },
      ],
      { type: 'supervisor', members: [{ agentId: asker.id, role: 'asker' }] },
    );
    const task = await work.waiting(await work.ask(boss, 'Go'));
    const [childId = ''] = task.waitingFor.kind === 'children' ? task.waitingFor.taskIds : [];
    await work.waiting({ id: childId as typeof task.id });
    await work.restart();
    await work.client.tasks.respond(childId, { answer: 'yes' });
    expect(await work.client.tasks.waitForCompletion(task.id)).toMatchObject({ result: 'It said yes.' });
  });

  test('gives a fork the results that its source got, without new children', async () => {
    const echo = await work.agent([{ when: {}, reply: { text: 'done' } }]);
    const boss = await work.agent(
      [
        { when: { text: 'Go' }, reply: delegate('echo', 'Do it.') },
        { when: { tool: 'delegate_to_echo' }, reply: { text: 'All done.' } },
      ],
      { type: 'supervisor', members: [{ agentId: echo.id, role: 'echo' }] },
    );
    const source = await work.run(boss, 'Go');
    const reused = await work.client.tasks.fork(source.id, 1);
    await work.client.tasks.waitForCompletion(reused.id);
    expect((await work.steps(reused))[1]).toMatchObject({
      kind: 'delegation',
      tool: { replayed: true },
      output: 'done',
    });
    expect((await work.client.tasks.list({ parentTaskId: reused.id })).data).toEqual([]);
    const executed = await work.client.tasks.fork(source.id, 2, {}, { sideEffects: 'execute' });
    await work.client.tasks.waitForCompletion(executed.id);
    expect((await work.client.tasks.list({ parentTaskId: executed.id })).data).toHaveLength(1);
  });
});

describe('an agent that hands work on', () => {
  const base = { name: 'Boss', modelProvider: 'simulated', model: 'demo', systemPrompt: '' } as const;

  test.each(['supervisor', 'router'] as const)('as a %s needs members', async (type) => {
    const refused = work.client.agents.create({ ...base, type });
    await expect(refused).rejects.toThrow(RunctlValidationError);
    await expect(refused).rejects.toMatchObject({ details: [{ path: '/members', code: 'agent.members_missing' }] });
  });

  test('needs members that exist, each in a role of its own, and no tool in their way', async () => {
    const { id: agentId } = await work.agent([]);
    const create = (change: object) => work.client.agents.create({ ...base, type: 'supervisor', ...change });
    await expect(create({ members: [{ agentId: 'agt_none', role: 'a' }] })).rejects.toMatchObject({
      code: 'agent.reference_unknown',
    });
    const twice = create({
      members: [
        { agentId, role: 'a' },
        { agentId, role: 'a' },
      ],
    });
    await expect(twice).rejects.toMatchObject({ details: [{ path: '/members/1/role' }] });
    const tool = {
      name: 'delegate_to_a',
      description: 'Mine.',
      inputSchema: { type: 'object' },
      enabled: true,
      invokeUrl: 'http://127.0.0.1:1/',
    };
    await expect(create({ members: [{ agentId, role: 'a' }], tools: [tool] })).rejects.toMatchObject({
      details: [{ path: '/tools/0/name', code: 'agent.tool_name_reserved' }],
    });
  });
});
