import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AgentsAtWork, inLines, startAgentsAtWork } from './agents-at-work.test-rig.ts';

let work: AgentsAtWork;
beforeAll(async () => {
  work = await startAgentsAtWork();
});
afterAll(() => work.close());

const call = (name: string, args: Record<string, string | number>) => ({ toolCalls: [{ name, arguments: args }] });

describe('a deliberative agent', () => {
  test('plans, works each item off with its tools, and sums up', async () => {
    const agent = await work.agent(
      [
        { when: { text: 'Plan first' }, reply: { text: '{"items":["Add 2 and 3","Name the sum"]}' } },
        { when: { text: 'Item 1 of 2: Add' }, reply: call('calculator', { expression: '2+3' }) },
        { when: { tool: 'calculator' }, reply: { text: 'It is 5.' } },
        { when: { text: 'Item 2 of 2' }, reply: { text: 'Five.' } },
        { when: { text: 'All items are done' }, reply: { text: 'The sum is five.' } },
      ],
      { type: 'deliberative', tools: ['calculator'] },
    );
    const task = await work.run(agent, 'What is 2 + 3?');
    expect(task).toMatchObject({ status: 'completed', result: 'The sum is five.' });
    const steps = await work.steps(task);
    expect(inLines(steps)).toEqual([
      '1 plan plan completed',
      '2 model scripted completed',
      '3 tool calculator completed',
      '4 model scripted completed',
      '5 model scripted completed',
      '6 model scripted completed',
    ]);
    expect(steps[1]?.input).toContain('Item 1 of 2: Add 2 and 3');
    expect(steps[2]?.output).toMatchObject({ value: 5 });
  });

  test('makes a new plan after an item that failed', async () => {
    const agent = await work.agent(
      [
        { when: { text: 'Plan first' }, reply: { text: '{"items":["Ask the oracle"]}' } },
        { when: { text: 'Make a new plan' }, reply: { text: '```json\n{"items":["Look it up"]}\n```' } },
        { when: { text: 'Ask the oracle' }, reply: { text: 'FAILED: there is none.' } },
        { when: { text: 'Look it up' }, reply: { text: 'Found.' } },
        { when: { text: 'All items are done' }, reply: { text: '42' } },
      ],
      { type: 'deliberative' },
    );
    const task = await work.run(agent, 'The answer?', { outputSchema: { type: 'number' } });
    expect(task).toMatchObject({ status: 'completed', result: 42 });
    const kinds = (await work.steps(task)).map(({ kind }) => kind);
    expect(kinds).toEqual(['plan', 'model', 'plan', 'model', 'model']);
  });

  test('gives up after two new plans', async () => {
    const agent = await work.agent(
      [
        { when: { text: '/lan first|new plan/' }, reply: { text: '{"items":["Try"]}' } },
        { when: { text: 'Try' }, reply: { text: 'FAILED again' } },
      ],
      { type: 'deliberative' },
    );
    const task = await work.run(agent, 'Try.');
    expect(task).toMatchObject({ status: 'failed', error: { code: 'plan_failed', step: 7 } });
    const kinds = (await work.steps(task)).map(({ kind }) => kind);
    expect(kinds).toEqual(['plan', 'model', 'plan', 'model', 'plan', 'model']);
  });

  test('gets one repair of a plan that does not fit, and then fails', async () => {
    const rules = [
      { when: { text: 'Plan first' }, reply: { text: '{"items":[]}' } },
      { when: { text: 'does not fit' }, reply: { text: 'no' } },
    ];
    const agent = await work.agent(rules, { type: 'deliberative' });
    const task = await work.run(agent, 'Plan!');
    expect(task).toMatchObject({ status: 'failed', error: { code: 'output_invalid' } });
    expect(inLines(await work.steps(task))).toEqual(['1 plan plan completed', '2 plan plan completed']);
  });

  test('on a simulated model without rules shows the same steps', async () => {
    const agent = await work.agent([], { type: 'deliberative', model: 'demo', tools: ['calculator'] });
    const task = await work.run(agent, 'How much is 2 + 3?');
    expect(task.status).toBe('completed');
    const steps = await work.steps(task);
    expect(steps.map(({ kind }) => kind)).toEqual(['plan', 'model', 'tool', 'model', 'model']);
    expect(steps[0]?.output).toContain('How much is 2 + 3?');
  });
});

describe('a reflective agent', () => {
  const rubric = ['It names a number.'];

  test('revises its draft until the critique is good enough', async () => {
    const agent = await work.agent(
      [
        { when: { step: 1 }, reply: { text: 'Some.' } },
        { when: { step: 2 }, reply: { text: '{"score":0.3,"feedback":"Which number?"}' } },
        { when: { text: 'Which number?' }, reply: { text: 'Seven.' } },
        { when: { step: 4 }, reply: { text: '{"score":0.9,"feedback":"Good."}' } },
      ],
      { type: 'reflective', rubric },
    );
    const task = await work.run(agent, 'How many?');
    expect(task).toMatchObject({ status: 'completed', result: 'Seven.' });
    const steps = await work.steps(task);
    expect(inLines(steps)).toEqual([
      '1 model scripted completed',
      '2 reflection critique completed',
      '3 model scripted completed',
      '4 reflection critique completed',
    ]);
    const { messages } = await work.client.tasks.getSnapshot(task.id, 3);
    expect(messages.find(({ content }) => String(content).includes('1. It names a number.'))).toBeDefined();
  });

  test('takes the best of three drafts', async () => {
    const score = (value: number) => ({ text: JSON.stringify({ score: value, feedback: 'More.' }) });
    const agent = await work.agent(
      [
        { when: { step: 1 }, reply: { text: 'first' } },
        { when: { step: 2 }, reply: score(0.2) },
        { when: { step: 3 }, reply: { text: 'second' } },
        { when: { step: 4 }, reply: score(0.7) },
        { when: { step: 5 }, reply: { text: 'third' } },
        { when: { step: 6 }, reply: score(0.5) },
      ],
      { type: 'reflective', rubric },
    );
    const task = await work.run(agent, 'Write.');
    expect(task).toMatchObject({ status: 'completed', result: 'second' });
    expect(await work.steps(task)).toHaveLength(6);
  });

  test('lets a revision that does not fit the output schema take nothing from the draft before it', async () => {
    const agent = await work.agent(
      [
        { when: { step: 1 }, reply: { text: '{"n":1}' } },
        { when: { step: 2 }, reply: { text: '{"score":0.5,"feedback":"Higher."}' } },
        { when: { step: 3 }, reply: { text: 'two' } },
        { when: { step: 4 }, reply: { text: 'still two' } },
      ],
      { type: 'reflective', rubric },
    );
    const outputSchema = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] };
    const task = await work.run(agent, 'Count.', { outputSchema });
    expect(task).toMatchObject({ status: 'completed', result: { n: 1 } });
  });

  test('on a simulated model without rules gets better and ends', async () => {
    const agent = await work.agent([], { type: 'reflective', model: 'demo' });
    const task = await work.run(agent, 'Write.');
    expect(task.status).toBe('completed');
    const kinds = (await work.steps(task)).map(({ kind }) => kind);
    expect(kinds).toEqual(['model', 'reflection', 'model', 'reflection']);
  });

  test('goes on after its end when a fork asks something else', async () => {
    const agent = await work.agent([], { type: 'reflective', model: 'demo' });
    const source = await work.run(agent, 'Write.');
    const fork = await work.client.tasks.fork(source.id, 5, { prompt: 'And now shorter.' });
    const done = await work.client.tasks.waitForCompletion(fork.id);
    expect(done.result).toContain('And now shorter.');
  });
});

describe('a router', () => {
  test('lets one structured call choose a member, and gives its result as its own', async () => {
    const poet = await work.agent([{ when: { text: 'A rhyme' }, reply: { text: '{"line":"roses"}' } }]);
    const clerk = await work.agent([{ when: {}, reply: { text: 'form 12' } }]);
    const agent = await work.agent(
      [{ when: { text: 'Choose the one' }, reply: { text: '{"role":"poet","reason":"It is a rhyme."}' } }],
      {
        type: 'router',
        members: [
          { agentId: clerk.id, role: 'clerk', when: 'For forms.' },
          { agentId: poet.id, role: 'poet', when: 'For rhymes.' },
        ],
      },
    );
    const outputSchema = { type: 'object', properties: { line: { type: 'string' } }, required: ['line'] };
    const task = await work.run(agent, 'A rhyme, please.', { outputSchema });
    expect(task).toMatchObject({ status: 'completed', result: { line: 'roses' } });
    const steps = await work.steps(task);
    expect(inLines(steps)).toEqual(['1 route route completed', '2 delegation delegate_to_poet completed']);
    const child = await work.client.tasks.getById(steps[1]?.childTaskId ?? '');
    expect(child).toMatchObject({ agentId: poet.id, parentTaskId: task.id, result: { line: 'roses' }, outputSchema });
    const { data } = await work.client.tasks.list({ parentTaskId: task.id });
    expect(data.map(({ id }) => id)).toEqual([child.id]);
  });

  test('fails as its member failed', async () => {
    const broken = await work.agent([{ when: {}, reply: { error: { code: 'provider_error', message: 'Down.' } } }]);
    const agent = await work.agent([], {
      type: 'router',
      model: 'demo',
      members: [{ agentId: broken.id, role: 'only' }],
    });
    const task = await work.run(agent, 'Go.');
    expect(task).toMatchObject({
      status: 'failed',
      error: { code: 'provider_error', message: expect.stringContaining('only: Down.') },
    });
    expect(inLines(await work.steps(task))).toEqual([
      '1 route route completed',
      '2 delegation delegate_to_only failed',
    ]);
  });
});
