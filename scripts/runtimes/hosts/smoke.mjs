/**
 * What every runtime must be able to do with the SDK. Uses nothing that is not on the web.
 *
 * @param {typeof import('@runctl/sdk')} sdk
 * @param {{ baseUrl: string, apiKey: string }} runtime
 * @returns {Promise<{ name: string, outcome: string }[]>} `outcome`: `ok`, `not served` by this runtime yet, or what
 *   went wrong
 */
export async function smoke(sdk, { baseUrl, apiKey }) {
  // The key of a runtime on this machine that lives for a minute.
  const client = new sdk.Runctl({ apiKey, baseUrl, dangerouslyAllowBrowser: true });
  const state = {};
  const results = [];
  for (const [name, check] of Object.entries(checks)) {
    results.push({ name, outcome: await outcomeOf(() => check(client, sdk, state)) });
  }
  return results;
}

const checks = {
  async create(client, _sdk, state) {
    const settings = { type: 'reactive', modelProvider: 'simulated', model: 'echo', systemPrompt: 'You answer.' };
    const [first] = await Promise.all(
      ['One', 'Two', 'Three'].map((name) => client.agents.create({ name, ...settings })),
    );
    state.agent = first;
    await client.agents.deploy(first.id, { replicas: 1 });
  },
  async list(client) {
    const { data } = await client.agents.list({ limit: 2 });
    expect(data.length === 2, `2 agents, got ${data.length}`);
  },
  async iterate(client) {
    let seen = 0;
    for await (const _agent of client.agents.iter({ limit: 1 })) seen += 1;
    expect(seen >= 3, `at least 3 agents, got ${seen}`);
  },
  async wait(client, _sdk, { agent }) {
    const task = await client.tasks.create({
      agentId: agent.id,
      input: { version: '1.0', payload: { query: 'ping' } },
    });
    const done = await client.tasks.waitForCompletion(task.id, { timeoutMs: 20_000 });
    expect(done.status === 'completed', `a completed task, got ${done.status}`);
  },
  async stream(client, _sdk, { agent }) {
    const task = await client.tasks.create({
      agentId: agent.id,
      input: { version: '1.0', payload: { query: 'ping' } },
    });
    let events = 0;
    for await (const _event of client.tasks.events.stream(task.id)) events += 1;
    expect(events > 0, 'events of a task, got none');
  },
  async error(client, sdk) {
    const error = await client.agents.getById(`agt_${'0'.repeat(26)}`).catch((reason) => reason);
    expect(error instanceof sdk.RunctlNotFoundError, `a RunctlNotFoundError, got ${error}`);
    expect(error.status === 404, `status 404, got ${error.status}`);
  },
  async abort(client, sdk, { agent }) {
    const controller = new AbortController();
    const waiting = client.agents.list({}, { signal: controller.signal }).catch((reason) => reason);
    controller.abort();
    const error = await waiting;
    expect(error instanceof sdk.RunctlAbortError, `a RunctlAbortError, got ${error}`);
    await client.agents.getById(agent.id);
  },
};

async function outcomeOf(check) {
  try {
    await check();
    return 'ok';
  } catch (error) {
    if (error?.status === 501) return 'not served';
    return `${error?.name}: ${error?.message}`;
  }
}

function expect(holds, expected) {
  if (!holds) throw new TypeError(`expected ${expected}`);
}
