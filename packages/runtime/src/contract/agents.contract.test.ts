import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ContractHome, contractHomes, scripted, stopContractHomes } from './contract-home.test-rig.ts';

afterAll(stopContractHomes);

describe.each(contractHomes)('agents on $name', ({ open }) => {
  let home: ContractHome;
  beforeAll(async () => {
    home = await open();
  });
  afterAll(() => home.close());

  it('are made, found, changed version by version, and removed', async () => {
    const { agents } = home.client;
    const made = await agents.create({ ...scripted([]), name: 'Writer', labels: { team: 'red' } });
    expect(made).toMatchObject({ name: 'Writer', status: 'draft', version: 1, labels: { team: 'red' } });
    expect(await agents.getById(made.id)).toEqual(made);
    const changed = await agents.update(made.id, { name: 'Editor' });
    expect(changed).toMatchObject({ id: made.id, name: 'Editor', version: 2 });
    const listed = await agents.list({ label: { team: 'red' }, search: 'editor' });
    expect(listed.data).toEqual([changed]);
    expect(await agents.delete(made.id)).toEqual({ id: made.id, deleted: true });
    await expect(agents.getById(made.id)).rejects.toMatchObject({ status: 404, code: 'agent.not_found' });
    expect(await agents.listBuiltInTools()).toContainEqual(expect.objectContaining({ name: 'calculator' }));
  });

  it('go into service, scale, restart, roll back, and stop', async () => {
    const { agents } = home.client;
    const settled = async (deployment: { id: string; agentId: string }) =>
      agents.waitForDeployment(deployment.agentId, deployment.id, { timeoutMs: 120_000 });
    const { id } = await agents.create(scripted([]));
    expect(await settled(await agents.deploy(id, { replicas: 2 }))).toMatchObject({
      status: 'succeeded',
      replicas: { ready: 2 },
    });
    const { data: instances } = await agents.listInstances(id);
    expect(instances).toHaveLength(2);
    expect(await agents.getInstanceHealth(id, instances[0]?.id ?? '')).toMatchObject({ status: 'healthy' });
    await settled(await agents.scale(id, { desiredReplicas: 1 }));
    await settled(await agents.restart(id));
    await agents.update(id, { name: 'Second' });
    await settled(await agents.deploy(id));
    expect(await settled(await agents.rollback(id))).toMatchObject({ reason: 'rollback', agentVersion: 1 });
    expect(await settled(await agents.stop(id))).toMatchObject({ status: 'succeeded', replicas: { ready: 0 } });
    const { data: deployments } = await agents.listDeployments(id);
    expect(deployments.map(({ reason }) => reason)).toEqual([
      'stop',
      'rollback',
      'deploy',
      'restart',
      'scale',
      'deploy',
    ]);
    expect(await agents.getById(id)).toMatchObject({ status: 'stopped' });
  });

  it('tell what they did: events, logs, metrics, how well they work, and what to change', async () => {
    const { agents, tasks } = home.client;
    const agent = await home.agent(
      [
        { when: { tool: 'calculator' }, reply: { text: 'Five.' } },
        { when: {}, reply: { toolCalls: [{ name: 'calculator', arguments: { expression: '2+3' } }] } },
      ],
      { tools: ['calculator'] },
    );
    const seen: string[] = [];
    const following = (async () => {
      for await (const { type } of agents.events.stream(agent.id)) {
        seen.push(type);
        if (type === 'agent.status') break;
      }
    })();
    const input = { payload: { message: 'Add' } };
    const done = await tasks.createAndWait({ agentId: agent.id, input }, { timeoutMs: 120_000 });
    expect(done).toMatchObject({ status: 'completed', result: 'Five.' });
    await agents.stop(agent.id, { drainSeconds: 0 });
    await following;
    expect(seen).toContain('agent.status');
    expect((await agents.events.list(agent.id)).data.map(({ type }) => type)).toContain('deployment.updated');
    expect((await agents.events.createStreamUrl(agent.id)).url).toContain('rst_');
    expect(await agents.getMetrics(agent.id)).toMatchObject({ tasks: { completed: 1 } });
    expect(await agents.analytics.getPerformance(agent.id)).toMatchObject({ agentId: agent.id });
    expect(await agents.analytics.getApprovalRates(agent.id)).toMatchObject({ agentId: agent.id });
    expect(await agents.analytics.getOptimizationMetrics(agent.id)).toMatchObject({ agentId: agent.id });
    await expect.poll(async () => (await agents.getLogs(agent.id)).logs.length).toBeGreaterThan(0);
  });

  it('get better by a suggestion that is taken', async () => {
    const { agents, tasks } = home.client;
    const agent = await home.agent([], {
      modelProvider: 'openai-compatible',
      model: 'tireless',
      tools: ['calculator'],
      limits: { maxSteps: 1 },
    });
    const input = { payload: { message: 'Add' } };
    const batch = await tasks.createBatch({ tasks: Array.from({ length: 20 }, () => ({ agentId: agent.id, input })) });
    for (const { id } of batch) await tasks.waitForCompletion(id, { timeoutMs: 120_000 });
    const { suggestions } = await agents.analytics.getOptimizationMetrics(agent.id);
    expect(suggestions).toMatchObject([{ rule: 'more_steps', change: { limits: { maxSteps: 2 } } }]);
    const better = await agents.analytics.applySuggestion(agent.id, suggestions[0]?.id ?? '');
    expect(better).toMatchObject({ version: 2, limits: { maxSteps: 2 } });
  });

  it('carry over the wire what their contract says, no more and no less, on every route', () => {
    home.wire.expectWhole('agents');
    expect(home.wire.events).toBeGreaterThan(0);
    expect(home.errors).toEqual([]);
  });

  it('leave one entry in the audit log for each change, and none for what was refused', async () => {
    expect(home.wire.changes).toBeGreaterThan(3);
    expect(await home.auditEntries()).toBe(home.wire.changes);
  });
});
