import type { AgentTeam, CreateTeamInput } from '@runctl/teams';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AgentsAtWork, inLines, startAgentsAtWork } from './agents-at-work.test-rig.ts';

let work: AgentsAtWork;
beforeEach(async () => {
  work = await startAgentsAtWork();
});
afterEach(() => work.close());

const says = (text: string, when: { text?: string } = {}) => work.agent([{ when, reply: { text } }]);
const fails = (message: string) => work.agent([{ when: {}, reply: { error: { code: 'provider_error', message } } }]);
/** Asks a person first. */
const asker = () =>
  work.agent(
    [
      { when: { tool: 'ask_human' }, reply: { text: 'answered' } },
      { when: {}, reply: { toolCalls: [{ name: 'ask_human', arguments: { question: 'Yes?' } }] } },
    ],
    { tools: ['ask_human'] },
  );
const slow = () => work.agent([{ when: {}, reply: { text: 'late', delayMs: 60_000 } }]);

async function team(
  members: readonly (readonly [{ id: string }, string])[],
  strategy?: CreateTeamInput['strategy'],
): Promise<AgentTeam> {
  return work.client.teams.create({
    name: 'Team',
    members: members.map(([{ id }, role]) => ({ agentId: id, role })),
    ...(strategy === undefined ? {} : { strategy }),
  });
}

const ask = ({ id }: AgentTeam, message: string, more: object = {}) =>
  work.client.tasks.create({ teamId: id, input: { payload: { message } }, ...more });
const run = async (to: AgentTeam, message: string, more: object = {}) =>
  work.client.tasks.waitForCompletion((await ask(to, message, more)).id, { timeoutMs: 120_000 });
const childrenOf = async (task: { id: string }) =>
  (await work.client.tasks.list({ parentTaskId: task.id })).data.reverse();

describe('a team that works in sequence', () => {
  test('gives each member what was asked and the answers so far; the last answer is the result', async () => {
    const researcher = await says('facts', { text: 'Write about ants' });
    const writer = await says('draft', { text: 'facts' });
    const editor = await says('final', { text: 'draft' });
    const group = await team([
      [researcher, 'researcher'],
      [writer, 'writer'],
      [editor, 'editor'],
    ]);
    const task = await run(group, 'Write about ants');
    expect(task).toMatchObject({ status: 'completed', result: 'final', agentId: null, teamId: group.id, attempt: 1 });
    expect(task).toMatchObject({ simulated: true, usage: { steps: 3, modelCalls: 0, costUsd: 0 } });
    const steps = await work.steps(task);
    expect(inLines(steps)).toEqual([
      '1 delegation delegate_to_researcher completed',
      '2 delegation delegate_to_writer completed',
      '3 delegation delegate_to_editor completed',
    ]);
    const children = await childrenOf(task);
    expect(steps.map(({ childTaskId }) => childTaskId)).toEqual(children.map(({ id }) => id));
    expect(children[2]?.input.payload.message).toBe(
      'Write about ants\n\nYour role in the team: editor.\n\nThe answer of researcher:\nfacts\n\nThe answer of writer:\ndraft',
    );
    expect((await work.client.teams.getMetrics(group.id)).handoffs).toEqual(
      expect.arrayContaining([
        { from: researcher.id, to: writer.id, count: 1 },
        { from: writer.id, to: editor.id, count: 1 },
      ]),
    );
  });

  test('ends with the error of the member that fails', async () => {
    const group = await team([
      [await fails('Down.'), 'first'],
      [await says('never'), 'second'],
    ]);
    const task = await run(group, 'Go');
    expect(task).toMatchObject({ status: 'failed', error: { code: 'provider_error', message: 'first: Down.' } });
    expect(await childrenOf(task)).toHaveLength(1);
  });

  test('keeps the members that the team had when it was given to it', async () => {
    const [first, second] = [await asker(), await says('two')];
    const group = await team([
      [first, 'first'],
      [second, 'second'],
    ]);
    const task = await work.waiting(await ask(group, 'Go'));
    await work.client.teams.removeMember(group.id, second.id);
    const [child] = await childrenOf(task);
    await work.waiting({ id: child?.id ?? task.id });
    await work.client.tasks.respond(child?.id ?? '', { answer: 'yes' });
    expect(await work.client.tasks.waitForCompletion(task.id)).toMatchObject({ status: 'completed', result: 'two' });
  });

  test('can be forked: turns that stay are not taken again', async () => {
    const group = await team([
      [await says('one'), 'first'],
      [await says('two'), 'second'],
    ]);
    const source = await run(group, 'Go');
    const fork = await work.client.tasks.fork(source.id, 2, {}, { sideEffects: 'execute' });
    expect(await work.client.tasks.waitForCompletion(fork.id)).toMatchObject({ result: 'two', teamId: group.id });
    expect(await childrenOf(fork)).toHaveLength(1);
    expect(await work.client.tasks.getSnapshot(source.id, 2)).toMatchObject({ prompt: 'Go' });
  });
});

describe('a team that works in parallel', () => {
  test('asks all at once and gives their answers to the aggregator', async () => {
    const [a, b] = [await says('A'), await says('B')];
    const judge = await says('A and B', { text: 'The answer of right:\nB' });
    const group = await team(
      [
        [judge, 'aggregator'],
        [a, 'left'],
        [b, 'right'],
      ],
      'parallel',
    );
    const task = await run(group, 'Go');
    expect(task).toMatchObject({ status: 'completed', result: 'A and B', attempt: 1 });
    const steps = await work.steps(task);
    expect(inLines(steps)).toEqual([
      '1 delegation delegate_to_left completed',
      '2 delegation delegate_to_right completed',
      '3 delegation delegate_to_aggregator completed',
    ]);
    expect(steps[0]?.startedAt).toEqual(steps[1]?.startedAt);
    const metrics = await work.client.teams.getMetrics(group.id);
    expect(metrics.tasks).toMatchObject({ total: 1, completed: 1, successRate: 1 });
    expect(metrics.members.map(({ role, tasks }) => `${role} ${tasks}`)).toEqual(['aggregator 1', 'left 1', 'right 1']);
    expect(metrics.handoffs).toEqual(
      expect.arrayContaining([
        { from: a.id, to: judge.id, count: 1 },
        { from: b.id, to: judge.id, count: 1 },
      ]),
    );
  });

  test('without an aggregator answers with all answers, failures among them', async () => {
    const [good, bad] = [await says('good'), await fails('Down.')];
    const group = await team(
      [
        [good, 'good'],
        [bad, 'bad'],
      ],
      'parallel',
    );
    expect((await run(group, 'Go')).result).toEqual([
      { agentId: good.id, role: 'good', output: 'good', error: null },
      { agentId: bad.id, role: 'bad', output: null, error: { code: 'provider_error', message: 'Down.' } },
    ]);
    const none = await team([[bad, 'bad']], 'parallel');
    expect(await run(none, 'Go')).toMatchObject({ status: 'failed', error: { code: 'provider_error' } });
  });

  test('waits for all of them, and is cancelled with all of them', async () => {
    const group = await team(
      [
        [await says('quick'), 'quick'],
        [await slow(), 'slow'],
        [await slow(), 'slower'],
      ],
      'parallel',
    );
    const task = await work.waiting(await ask(group, 'Go'));
    await expect.poll(async () => inLines(await work.steps(task))[0]).toContain('quick completed');
    expect((await work.waiting(task)).waitingFor).toMatchObject({ kind: 'children' });
    await work.client.tasks.cancel(task.id);
    const children = await childrenOf(task);
    await Promise.all(children.map(({ id }) => work.client.tasks.waitForCompletion(id)));
    expect((await childrenOf(task)).map(({ status }) => status)).toEqual(['completed', 'cancelled', 'cancelled']);
    expect(inLines(await work.steps(task)).slice(1)).toEqual([
      '2 delegation delegate_to_slow failed',
      '3 delegation delegate_to_slower failed',
    ]);
  });

  test('goes on after a restart, nothing handed out twice', async () => {
    const group = await team(
      [
        [await asker(), 'one'],
        [await asker(), 'two'],
      ],
      'parallel',
    );
    const task = await work.waiting(await ask(group, 'Go'));
    const children = await childrenOf(task);
    for (const child of children) await work.waiting(child);
    await work.client.tasks.respond(children[0]?.id ?? '', { answer: 'yes' });
    await work.client.tasks.waitForCompletion(children[0]?.id ?? '');
    await work.restart();
    await work.client.tasks.respond(children[1]?.id ?? '', { answer: 'yes' });
    const done = await work.client.tasks.waitForCompletion(task.id, { timeoutMs: 120_000 });
    expect(done.result).toMatchObject([{ output: 'answered' }, { output: 'answered' }]);
    expect(await childrenOf(task)).toHaveLength(2);
  });
});

describe('a team with a lead', () => {
  const delegate = (role: string, instruction: string) => ({
    toolCalls: [{ name: `delegate_to_${role}`, arguments: { instruction } }],
  });

  test('is supervised by it: the lead hands work to the others, guarded like any supervisor', async () => {
    const writer = await says('text');
    const lead = await work.agent([
      { when: { step: 1 }, reply: delegate('writer', 'Write.') },
      { when: { step: 3 }, reply: delegate('writer', 'Write.') },
      { when: { step: 5 }, reply: { text: 'Here it is.' } },
    ]);
    const group = await team([
      [writer, 'writer'],
      [lead, 'lead'],
    ]);
    const task = await run(group, 'Go');
    expect(task).toMatchObject({ result: 'Here it is.', agentId: lead.id, teamId: group.id });
    const steps = await work.steps(task);
    expect(inLines(steps).slice(1, 4)).toEqual([
      '2 delegation delegate_to_writer completed',
      '3 model scripted completed',
      '4 delegation delegate_to_writer failed',
    ]);
    expect(steps[3]?.error?.code).toBe('delegation_loop');
    const metrics = await work.client.teams.getMetrics(group.id);
    expect(metrics.handoffs).toEqual([{ from: lead.id, to: writer.id, count: 1 }]);
    expect(metrics.members.map(({ tasks }) => tasks)).toEqual([1, 1]);
  });

  test('as a router hands the task, as it is, to the one that the lead chooses', async () => {
    const lead = await work.agent([{ when: {}, reply: { text: '{"role":"poet"}' } }]);
    const poet = await says('a poem', { text: 'Roses' });
    const group = await team(
      [
        [lead, 'lead'],
        [await says('prose'), 'author'],
        [poet, 'poet'],
      ],
      'router',
    );
    const task = await run(group, 'Roses');
    expect(task).toMatchObject({ status: 'completed', result: 'a poem', agentId: lead.id });
    expect(await childrenOf(task)).toMatchObject([{ agentId: poet.id }]);
  });

  test('or without one lets the first member choose, itself too', async () => {
    const first = await work.agent([
      { when: { text: 'Choose' }, reply: { text: '{"role":"first"}' } },
      { when: {}, reply: { text: 'mine' } },
    ]);
    const group = await team(
      [
        [first, 'first'],
        [await says('other'), 'second'],
      ],
      'router',
    );
    expect(await run(group, 'Go')).toMatchObject({ status: 'completed', result: 'mine' });
  });
});

describe('a task of a team', () => {
  test('has one budget with its children, and keeps them from going deeper than three', async () => {
    const chain = await work.agent([
      {
        when: { text: 'level 3' },
        reply: { toolCalls: [{ name: 'delegate_to_self', arguments: { instruction: 'level 4' } }] },
      },
      {
        when: { text: 'level 2' },
        reply: { toolCalls: [{ name: 'delegate_to_self', arguments: { instruction: 'level 3' } }] },
      },
      { when: { tool: 'delegate_to_self' }, reply: { text: 'back' } },
      { when: {}, reply: { toolCalls: [{ name: 'delegate_to_self', arguments: { instruction: 'level 2' } }] } },
    ]);
    await work.client.agents.update(chain.id, { type: 'supervisor', members: [{ agentId: chain.id, role: 'self' }] });
    await work.client.agents.deploy(chain.id, { replicas: 4 });
    const group = await team([[chain, 'chain']], 'sequential');
    expect(await run(group, 'Go', { maxCostUsd: 1 })).toMatchObject({ status: 'completed', result: 'back' });
    const { data } = await work.client.tasks.list({ agentId: chain.id });
    const errors = (await Promise.all(data.map(work.steps))).flat().flatMap(({ error }) => error?.code ?? []);
    expect([data.length, errors]).toEqual([3, ['delegation_too_deep']]);
  });

  test('is a step of a workflow too', async () => {
    const group = await team([
      [await says('facts'), 'researcher'],
      [await says('draft', { text: 'facts' }), 'writer'],
    ]);
    const { workflowDefinitions, workflows } = work.client;
    const definition = await workflowDefinitions.create({
      name: 'With a team',
      pattern: 'sequential',
      steps: [{ stepId: 'work', name: 'Work', type: 'team', teamId: group.id }],
    });
    const done = await workflows.executeAndWait(
      { workflowDefinitionId: definition.id, input: { topic: 'ants' } },
      { timeoutMs: 120_000 },
    );
    expect(done).toMatchObject({ status: 'completed' });
    expect(JSON.stringify(done)).toContain('draft');
  });

  test('stands in a batch beside those of agents; a team that does not exist refuses the batch', async () => {
    const agent = await says('done');
    const group = await team([[agent, 'only']]);
    const input = { payload: { message: 'Go' } };
    const tasks = await work.client.tasks.createBatch({
      tasks: [
        { agentId: agent.id, input },
        { teamId: group.id, input },
      ],
    });
    for (const { id } of tasks) await work.client.tasks.waitForCompletion(id);
    await expect(work.client.tasks.createBatch({ tasks: [{ teamId: 'tem_none', input }] })).rejects.toMatchObject({
      status: 422,
      details: [{ path: '/tasks/0/teamId', code: 'team.not_found' }],
    });
  });
});

test('an output schema binds the list of a parallel team that nobody makes one answer of', async () => {
  const group = await team(
    [
      [await says('one'), 'a'],
      [await says('two'), 'b'],
    ],
    'parallel',
  );
  const list = (output: object) => ({
    outputSchema: { type: 'array', items: { type: 'object', properties: { output } } },
  });
  expect(await run(group, 'Go', list({ type: 'string' }))).toMatchObject({
    status: 'completed',
    result: [{ output: 'one' }, { output: 'two' }],
  });
  expect(await run(group, 'Go', list({ type: 'number' }))).toMatchObject({
    status: 'failed',
    error: { code: 'output_invalid', message: expect.stringContaining('/0/output') },
  });
});

test('a supervisor in charge of a team has the members of the team, and those of its own', async () => {
  const own = await says('mine');
  const other = await says('ours');
  const lead = await work.agent(
    [
      {
        when: { text: 'Go' },
        reply: {
          toolCalls: [
            { name: 'delegate_to_helper', arguments: { instruction: 'Help.' } },
            { name: 'delegate_to_writer', arguments: { instruction: 'Write.' } },
          ],
        },
      },
      { when: { tool: 'delegate_to_writer' }, reply: { text: 'Both.' } },
    ],
    { type: 'supervisor', members: [{ agentId: own.id, role: 'helper' }] },
  );
  const group = await team([
    [lead, 'lead'],
    [other, 'writer'],
  ]);
  const done = await run(group, 'Go');
  expect(done).toMatchObject({ status: 'completed', result: 'Both.' });
  expect((await childrenOf(done)).map(({ agentId }) => agentId).sort()).toEqual([own.id, other.id].sort());
});
