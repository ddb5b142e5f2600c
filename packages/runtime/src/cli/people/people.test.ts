import { Runctl } from '@runctl/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ended, type Home, startHome } from './people.test-rig.ts';

let home: Home;
let client: Runctl;

beforeAll(async () => {
  home = await startHome();
  client = new Runctl({ apiKey: home.apiKey, baseUrl: home.url });
  await agent('Clerk', { tools: ['calculator'] });
});
afterAll(() => home.end());

async function agent(name: string, more: object = {}): Promise<string> {
  const { id } = await client.agents.create({
    name,
    type: 'reactive',
    modelProvider: 'simulated',
    model: 'auto',
    systemPrompt: 'Be brief.',
    ...more,
  });
  await client.agents.deploy(id);
  return id;
}

/** An agent whose simulated model says what the rules say. */
function scripted(name: string, rules: object[], more: object = {}): Promise<string> {
  return agent(name, { model: 'scripted', metadata: { simulation: { rules } }, ...more });
}

const idIn = (text: string) => /tsk_[0-9a-z]{26}/.exec(text)?.[0] ?? '';

describe('agents', () => {
  test('one is made from options, brought into service, scaled, stopped and deleted', async () => {
    const made = await home.runctl([
      ...['agents', 'create', '--name', 'Made Here', '--provider', 'simulated', '--model', 'auto'],
      ...['--prompt', 'Be kind.', '--tool', 'calculator', '--tool', 'memory', '--deploy', '--json'],
    ]);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(made.stdout)).toMatchObject({
      status: 'running',
      systemPrompt: 'Be kind.',
      tools: ['calculator', 'memory'],
    });

    expect((await home.runctl(['agents', 'scale', 'Made Here', '2'])).stdout).toMatch(/: 2 of 2 instances ready\.\n$/);
    expect((await home.runctl(['agents', 'get', 'Made Here'])).stdout).toMatch(/^status {7}running, 2 of 2 ready$/m);
    const { id } = JSON.parse(made.stdout) as { id: string };
    const early = await home.runctl(['agents', 'rm', 'Made Here']);
    expect(early.stderr).toMatch(
      new RegExp(`^runctl: Agent ${id} is running\\. Try \`runctl agents stop ${id}\`\\. \\(agent\\.running, `),
    );
    expect((await home.runctl(['agents', 'stop', 'Made Here', '--drain', '0'])).code).toBe(0);
    expect((await home.runctl(['agents', 'rm', 'Made Here'])).stdout).toMatch(/ is deleted\.\n$/);
    expect((await home.runctl(['agents', 'get', 'Made Here'])).stderr).toBe(
      'runctl: There is no agent of the id or the name "Made Here".\n',
    );
  });

  test('every field of a file that does not fit is named, with its place', async () => {
    const input = JSON.stringify({
      name: '',
      type: 'odd',
      modelProvider: 'simulated',
      model: 'auto',
      systemPrompt: '',
    });
    const { code, stderr } = await home.runctl(['agents', 'create', '--file', '-'], { input });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^runctl: .*\/name: .*\/type: .*request req_\w+\)\n$/);
  });

  test('lists are tables for people and arrays for scripts', async () => {
    const table = (await home.runctl(['agents', 'ls', '--search', 'Clerk'])).stdout.trimEnd().split('\n');
    expect(table[0]).toMatch(/^ID +NAME +STATUS +READY +TYPE +MODEL +AGE$/);
    expect(table[1]).toMatch(/^agt_\w{26} {2}Clerk +running +1\/1 +reactive +simulated\/auto +\d+ \w+$/);
    const list = JSON.parse((await home.runctl(['agents', 'ls', '--json'])).stdout);
    expect(list).toEqual((await client.agents.list()).data);
    const none = await home.runctl(['agents', 'ls', '--search', 'nobody']);
    expect(none).toEqual({ code: 0, stdout: '', stderr: 'No agents. `runctl agents create` makes one.\n' });
  });

  test('metrics and the log are shown', async () => {
    await home.runctl(['tasks', 'run', 'Clerk', 'What is 1+1?', '-q']);
    expect((await home.runctl(['agents', 'metrics', 'Clerk'])).stdout).toMatch(/^calculator +\d+ +0 +\d+ ms$/m);
    // The log is written behind the work.
    const lines = async () => (await home.runctl(['agents', 'logs', 'Clerk', '-n', '2'])).stdout.trimEnd().split('\n');
    await expect.poll(lines).toHaveLength(3);
  });
});

describe('a task', () => {
  test('is run: the result alone on standard output, what happens on standard error, exit code 0', async () => {
    const { code, stdout, stderr } = await home.runctl(['tasks', 'run', 'Clerk', 'What is 2+2?']);
    expect(code).toBe(0);
    expect(stdout).toBe('Simulated answer of "auto" to: What is 2+2?\nInstructed: Be brief.\n- calculator: 2+2 = 4\n');
    expect(stderr).toMatch(/^tsk_\w{26}\n· queued\n· running\n(· step .*\n)+· completed\n$/);
    expect(stderr).toContain('→ calculator {"expression":"2+2"}');
  });

  test('takes its input from the standard input, and prints nothing but JSON for scripts', async () => {
    const args = ['tasks', 'run', 'Clerk', '-', '--payload', '{"page": 3}', '--label', 'team=blue', '--json'];
    const { code, stdout, stderr } = await home.runctl(args, { input: 'A long text.' });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'completed',
      input: { payload: { message: 'A long text.', page: 3 } },
      labels: { team: 'blue' },
    });
  });

  test('that fails ends with exit code 1 and says why and what can be done', async () => {
    await scripted('Failing', [{ when: {}, reply: { error: { code: 'bad_request', message: 'No such model.' } } }]);
    const { code, stdout, stderr } = await home.runctl(['tasks', 'run', 'Failing', 'Go.', '-q']);
    const id = idIn(stderr);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`runctl: ${id} failed: `);
    expect(stderr).toContain(`\`runctl tasks retry ${id}\``);
    const again = await home.runctl(['tasks', 'run', 'Failing', 'Go.', '--json']);
    expect(again.code).toBe(1);
    expect(JSON.parse(again.stdout)).toMatchObject({ status: 'failed' });
    expect((await home.runctl(['tasks', 'retry', id, '-q'])).code).toBe(1);
  });

  test('of an agent that is not in service says why it waits', async () => {
    const { id } = await client.agents.create({
      ...{ name: 'Idle', type: 'reactive', modelProvider: 'simulated', model: 'auto', systemPrompt: '' },
    });
    const { code, stderr } = await home.runctl(['tasks', 'run', 'Idle', 'Hello?', '--detach']);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `The agent is draft, so the task waits: \`runctl agents deploy ${id}\` brings it into service.\n`,
    });
  });

  test('is detached, tailed as lines of JSON, traced, forked and compared', async () => {
    const detached = await home.runctl(['tasks', 'run', 'Clerk', 'What is 3+4?', '--detach']);
    const id = detached.stdout.trim();
    expect(detached).toEqual({ code: 0, stdout: `${id}\n`, stderr: '' });

    const tail = await home.runctl(['tasks', 'tail', id, '--json']);
    const events = tail.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.at(-1)).toMatchObject({ type: 'task.status', data: { status: 'completed' } });

    const trace = (await home.runctl(['tasks', 'trace', id])).stdout.trimEnd().split('\n');
    expect(trace[0]).toMatch(/^STEP +KIND +NAME +TIME +TOKENS +COST +NOTE +DECISION OR OUTPUT$/);
    expect(trace[1]).toMatch(/^1 +model +auto .*simulated +→ calculator \{"expression":"3\+4"\}$/);
    expect(trace[2]).toMatch(/^2 +tool +calculator +\d+ ms +– +– +– +\{"expression":"3\+4","value":7,/);
    expect(trace.at(-1)).toMatch(/^completed: 3 steps, 2 model calls, 1 tool call, /);
    expect((await home.runctl(['tasks', 'trace', id, '--step', '2'])).stdout).toContain('"value": 7');

    const fork = await home.runctl(['tasks', 'fork', id, '--at', '3', '--set', 'prompt=Another one?', '--json']);
    expect(fork.code).toBe(0);
    const forked = JSON.parse(fork.stdout) as { id: string };
    expect(forked).toMatchObject({ forkedFrom: { taskId: id, step: 3 }, status: 'completed' });

    const compared = (await home.runctl(['tasks', 'compare', id, forked.id])).stdout;
    expect(compared).toMatch(/^ +3 +3 +changed$/m);
    expect(compared).toMatch(/^they part +step 3 of the base, step 3 of the other: input \(\/snapshot\/prompt\)$/m);
    expect(compared).toMatch(/^that is +the state at entry; a step is the same by its call and its answer$/m);
    expect(compared).toMatch(/^more steps +\+0$/m);
    expect((await home.runctl(['tasks', 'compare', id, id])).stdout).toMatch(/^they part +nowhere/m);

    expect((await home.runctl(['tasks', 'ls', '--forks-of', id])).stdout).toContain(forked.id);
    const beyond = await home.runctl(['tasks', 'fork', id, '--at', '99']);
    expect(beyond.stderr).toMatch(/^runctl: --at 99: /);
    expect(beyond.stderr).not.toContain('/step');
    const wrong = await home.runctl(['tasks', 'fork', id, '--at', '3', '--set', 'mood=good']);
    expect(wrong.stderr).toContain(
      '--set knows prompt, systemPrompt, modelProvider, model and memory.<key>, not "mood".',
    );
  });

  test('that waits for a person says how to answer, and goes on once that is done', async () => {
    await scripted(
      'Asking',
      [
        { when: { step: 1 }, reply: { toolCalls: [{ name: 'ask_human', arguments: { question: 'Which colour?' } }] } },
        { when: { tool: 'ask_human' }, reply: { text: 'Blue it is.' } },
      ],
      { tools: ['ask_human'] },
    );
    const run = home.start(['tasks', 'run', 'Asking', 'Paint it.']);
    const ran = ended(run);
    const told = await new Promise<string>((resolve) => {
      let said = '';
      run.stderr.on('data', (chunk) => {
        said += String(chunk);
        if (said.includes('waits:')) resolve(said);
      });
    });
    const id = idIn(told);
    expect(told).toContain(`waits: \`runctl tasks respond ${id} ...\`: Which colour?`);
    expect((await home.runctl(['tasks', 'approve', id])).stderr).toMatch(/^runctl: .*request req_/);
    expect((await home.runctl(['tasks', 'respond', id, 'blue'])).code).toBe(0);
    expect(await ran).toMatchObject({ code: 0, stdout: 'Blue it is.\n' });
  });

  test('runs on when Ctrl+C ends the following, which says so', async () => {
    await scripted('Slow', [{ when: {}, reply: { text: 'Done.', delayMs: 60_000 } }]);
    const run = home.start(['tasks', 'run', 'Slow', 'Take your time.']);
    const ran = ended(run);
    await new Promise<void>((resolve) =>
      run.stderr.on('data', (chunk) => String(chunk).includes('running') && resolve()),
    );
    run.kill('SIGINT');
    const { code, stderr } = await ran;
    const id = idIn(stderr);
    expect(code).toBe(130);
    expect(stderr).toContain(
      `runctl: Detached. ${id} runs on: \`runctl tasks tail ${id}\` follows it, \`runctl tasks cancel ${id}\` ends it.\n`,
    );
    expect(await client.tasks.getById(id)).toMatchObject({ status: 'running' });
    expect((await home.runctl(['tasks', 'cancel', id])).stdout).toBe(`${id} is cancelled.\n`);
  });
});

describe('workflows', () => {
  test('one is run by the name of its definition, followed, and shown with its steps', async () => {
    const clerk = (await client.agents.list({ search: 'Clerk' })).data[0]?.id ?? '';
    expect((await home.runctl(['workflows', 'definitions'])).stderr).toBe(
      'No workflow definitions. `runctl workflows create --file definition.json` makes one.\n',
    );
    const definition = {
      name: 'Two Steps',
      pattern: 'sequential',
      steps: [
        { stepId: 'first', name: 'First', agentId: clerk, input: { message: 'Hello {{input.who}}' } },
        { stepId: 'sign', name: 'Sign', type: 'approval', prompt: 'Is it good, {{input.who}}?', dependsOn: ['first'] },
      ],
    };
    const made = await home.runctl(['workflows', 'create', '--file', '-'], { input: JSON.stringify(definition) });
    expect(made.stdout).toMatch(/^wfd_\w{26} Two Steps is made\.\n$/);
    expect(made.stderr).toMatch(/^`runctl workflows run wfd_\w{26}` starts it\.\n$/);
    expect((await home.runctl(['workflows', 'definitions'])).stdout).toMatch(
      /^wfd_\w{26} {2}Two Steps +sequential +2 +1 /m,
    );
    const started = await home.runctl(['workflows', 'run', 'Two Steps', '{"who": "Ada"}', '--detach']);
    expect(started).toMatchObject({ code: 0, stderr: '' });
    const id = started.stdout.trim();
    const tail = ended(home.start(['workflows', 'tail', id]));
    await expect.poll(() => client.workflows.getById(id)).toMatchObject({ status: 'waiting' });
    const answer = `runctl workflows approve ${id} sign`;
    expect((await home.runctl(['workflows', 'get', id])).stdout).toContain(
      `\nsign waits: Is it good, Ada?\n  ${answer}\n`,
    );
    expect((await home.runctl(['workflows', 'approve', id, 'sign', '--comment', 'Good.'])).code).toBe(0);
    const { code, stdout } = await tail;
    expect(code).toBe(0);
    expect(stdout).toContain(`· sign (Sign) waits: Is it good, Ada?\n· ${answer}\n`);
    expect((await home.runctl(['workflows', 'get', id])).stdout).toMatch(/^sign +approval +completed +1 /m);
    expect((await home.runctl(['workflows', 'ls', '--definition', 'Two Steps'])).stdout).toContain(id);
  });
});

describe('what an agent writes', () => {
  const hostile = '\x1b]0;owned\x07\x1b[2J\x9b31mred\r\u202eevil\b\x7f';

  test('cannot drive the terminal, in whatever command it shows up', async () => {
    await scripted('Hostile \x1b[31m', [{ when: {}, reply: { text: hostile } }]);
    const run = await home.runctl(['tasks', 'run', 'Hostile \x1b[31m', `Say \x1b[5m it.`]);
    expect(run.code).toBe(0);
    const id = idIn(run.stderr);
    const shown = await Promise.all(
      [
        ['agents', 'ls'],
        ['agents', 'get', 'Hostile \x1b[31m'],
        ['tasks', 'ls'],
        ['tasks', 'get', id],
        ['tasks', 'tail', id],
        ['tasks', 'trace', id],
        ['tasks', 'trace', id, '--step', '1'],
        ['tasks', 'tail', id, '--json'],
        ['tasks', 'run', '\x1b[31mNobody', 'x'],
      ].map((args) => home.runctl(args)),
    );
    for (const { stdout, stderr } of [run, ...shown]) expect(stdout + stderr).not.toMatch(/(?![\n])\p{Cc}|\u202e/u);
    expect(run.stdout).toBe('\\x1b]0;owned\\x07\\x1b[2J\\x9b31mred\\x0d\\u{202e}evil\\x08\\x7f\n');
  });

  test('is what it was, in JSON', async () => {
    const { stdout } = await home.runctl(['tasks', 'run', 'Hostile \x1b[31m', 'Again.', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ result: hostile });
  });
});

test('a team is listed, and works by its name', async () => {
  const clerk = (await client.agents.list({ search: 'Clerk' })).data[0]?.id ?? '';
  await client.teams.create({ name: 'Office', members: [{ agentId: clerk, role: 'writer' }] });
  expect((await home.runctl(['teams', 'ls'])).stdout).toMatch(/^tem_\w{26} {2}Office +running +sequential +writer /m);
  const { code, stdout } = await home.runctl(['tasks', 'run', 'Office', 'What is 5+5?', '-q']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('5+5 = 10') });
});

test('a reader that goes away early is no crash', async () => {
  for (const args of [
    ['agents', 'ls'],
    ['tasks', 'ls', '--json'],
    ['tasks', 'run', 'Clerk', 'Hello.', '-q'],
  ]) {
    const command = home.start(args);
    command.stdout.destroy();
    let said = '';
    command.stderr.on('data', (chunk) => {
      said += String(chunk);
    });
    const code = await new Promise((resolve) => command.once('exit', resolve));
    expect({ code, said }).toEqual({ code: 141, said: '' });
  }
});

test('every command has a help text with examples that name commands there are', async () => {
  const help = async (...names: string[]): Promise<string[]> => {
    const { stdout } = await home.runctl([...names, '--help']);
    const commands = [...stdout.matchAll(/^ {2}([a-z]+)(?:\|[a-z]+)? [[<]/gm)]
      .map(([, name = '']) => name)
      .filter((name) => name !== 'help');
    if (commands.length === 0) return [stdout];
    return (await Promise.all(commands.map((name) => help(...names, name)))).flat();
  };
  const groups = ['agents', 'tasks', 'workflows', 'teams', 'whoami', 'usage'];
  const texts = (await Promise.all(groups.map((group) => help(group)))).flat();
  expect(texts.length).toBeGreaterThanOrEqual(30);
  for (const text of texts) expect(text).toMatch(/\nExamples?:\n {2}\S/);
});

test('a command that there is none of is told in a line or two, wherever it stands', async () => {
  const told = (args: string[]) => home.runctl(args).then(({ code, stderr }) => ({ code, stderr }));
  expect(await told(['agents', 'lss'])).toEqual({
    code: 1,
    stderr: "error: unknown command 'lss'\n(Did you mean ls?)\n",
  });
  expect(await told(['agentz'])).toEqual({
    code: 1,
    stderr: "error: unknown command 'agentz'\n(Did you mean agents?)\nrunctl --help lists the commands.\n",
  });
  expect(await told(['foo'])).toEqual({
    code: 1,
    stderr: "error: unknown command 'foo'\nrunctl --help lists the commands.\n",
  });
});
