import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AgentsAtWork, startAgentsAtWork } from './agents-at-work.test-rig.ts';

let work: AgentsAtWork;
beforeEach(async () => {
  work = await startAgentsAtWork();
});
afterEach(() => work.close());

const config = {
  name: 'Scripted',
  type: 'reactive',
  modelProvider: 'simulated',
  model: 'echo',
  systemPrompt: '',
} as const;
/** Agents that are not in service. */
const drafts = (count: number) => Promise.all(Array.from({ length: count }, () => work.client.agents.create(config)));
const unknown = 'agt_00000000000000000000000000';

describe('a team', () => {
  test('as in the README: created, a member added, removed, listed, deployed, stopped, measured', async () => {
    const { teams } = work.client;
    const [researcher, analyzer, writer, reviewer] = (await drafts(4)).map(({ id }) => id);
    const team = await teams.create({
      name: 'Research Team',
      description: 'A team for research and analysis tasks',
      members: [
        { agentId: researcher ?? '', role: 'researcher' },
        { agentId: analyzer ?? '', role: 'analyzer' },
        { agentId: writer ?? '', role: 'writer' },
      ],
    });
    expect(team).toMatchObject({ strategy: 'sequential', status: 'stopped', version: 1, labels: {} });
    expect(team.id).toMatch(/^tem_[0-9a-z]{26}$/);
    await teams.addMember(team.id, { agentId: reviewer ?? '', role: 'reviewer' });
    expect(await teams.removeMember(team.id, reviewer ?? '')).toMatchObject({ version: 3 });
    expect(await teams.listMembers(team.id)).toEqual([
      { agentId: researcher, role: 'researcher', description: '' },
      { agentId: analyzer, role: 'analyzer', description: '' },
      { agentId: writer, role: 'writer', description: '' },
    ]);
    const deployed = await teams.deploy(team.id);
    expect(deployed.members.map(({ agentId, ok }) => [agentId, ok])).toEqual([
      [researcher, true],
      [analyzer, true],
      [writer, true],
    ]);
    await expect.poll(async () => (await teams.getById(team.id)).status).toBe('running');
    expect(await teams.stop(team.id)).toMatchObject({ status: 'stopped' });
    expect(await teams.getMetrics(team.id)).toMatchObject({
      teamId: team.id,
      tasks: { total: 0, successRate: null },
      members: [{ role: 'researcher', tasks: 0, costUsd: 0, p95Ms: null }, {}, {}],
      handoffs: [],
    });
  });

  test('is led where a member is the lead; changes make versions; If-Match holds', async () => {
    const { teams } = work.client;
    const [lead] = await drafts(1);
    const team = await teams.create({ name: 'Led', members: [{ agentId: lead?.id ?? '', role: 'lead' }] });
    expect(team.strategy).toBe('supervisor');
    const updated = await teams.update(team.id, { description: 'Now with words', labels: { env: 'test' } });
    expect(updated).toMatchObject({ name: 'Led', version: 2, labels: { env: 'test' }, description: 'Now with words' });
    await expect(teams.update(team.id, { name: 'Late' }, { ifMatch: 1 })).rejects.toMatchObject({
      status: 412,
      code: 'version.mismatch',
    });
  });

  test('is found by its words and by its members, newest first', async () => {
    const { teams } = work.client;
    const [a, b] = (await drafts(2)).map(({ id }) => id);
    const first = await teams.create({ name: 'Alpha 100%', members: [{ agentId: a ?? '', role: 'x' }] });
    const second = await teams.create({
      name: 'Beta',
      members: [a, b].map((id) => ({ agentId: id ?? '', role: 'x' })),
    });
    const ids = async (query: object) => (await teams.list(query)).data.map(({ id }) => id);
    expect(await ids({})).toEqual([second.id, first.id]);
    expect(await ids({ agentId: b })).toEqual([second.id]);
    expect(await ids({ search: '0%' })).toEqual([first.id]);
    await teams.removeMember(second.id, b ?? '');
    expect(await ids({ agentId: b })).toEqual([]);
  });

  test('refuses agents that do not exist, each by its place, and agents that are members already', async () => {
    const { teams } = work.client;
    const [agent] = await drafts(1);
    const member = { agentId: agent?.id ?? '', role: 'x' };
    const wrong = [{ agentId: unknown, role: 'y' }, member, { agentId: 'agt_none', role: 'z' }];
    await expect(teams.create({ name: 'T', members: wrong })).rejects.toMatchObject({
      status: 422,
      code: 'team.reference_unknown',
      details: [{ path: '/members/0/agentId' }, { path: '/members/2/agentId' }],
    });
    await expect(teams.create({ name: 'T', members: [member, member] })).rejects.toMatchObject({
      status: 409,
      code: 'team.member_exists',
    });
    const team = await teams.create({ name: 'T', members: [member] });
    await expect(teams.addMember(team.id, member)).rejects.toMatchObject({ status: 409 });
    await expect(teams.addMember(team.id, { agentId: unknown, role: 'y' })).rejects.toMatchObject({ status: 422 });
    await expect(teams.removeMember(team.id, unknown)).rejects.toMatchObject({ status: 404 });
    await expect(teams.removeMember(team.id, member.agentId)).rejects.toMatchObject({ code: 'team.last_member' });
  });

  test('holds its agents: one that it names cannot be deleted before the team is', async () => {
    const { teams, agents } = work.client;
    const [agent] = await drafts(1);
    const team = await teams.create({ name: 'T', members: [{ agentId: agent?.id ?? '', role: 'x' }] });
    await expect(agents.delete(agent?.id ?? '')).rejects.toMatchObject({ status: 409, code: 'agent.in_use' });
    expect(await teams.delete(team.id)).toEqual({ id: team.id, deleted: true });
    await expect(teams.getById(team.id)).rejects.toMatchObject({ status: 404, code: 'team.not_found' });
    await agents.delete(agent?.id ?? '');
  });
});

describe('a team in service', () => {
  test('deploys what does not run, says what could not be deployed, and is degraded then', async () => {
    const { teams, agents } = work.client;
    const running = await work.agent([]);
    const [draft] = await drafts(1);
    const keyless = await agents.create({ ...config, modelProvider: 'openai', model: 'gpt-4o-mini' });
    const ids = [running.id, draft?.id ?? '', keyless.id];
    const team = await teams.create({ name: 'T', members: ids.map((agentId) => ({ agentId, role: 'x' })) });
    const rollout = await teams.deploy(team.id, { replicas: 2 });
    expect(rollout).toMatchObject({
      status: 'degraded',
      members: [
        { agentId: running.id, ok: true, deploymentId: null, error: null },
        { agentId: draft?.id, ok: true, deploymentId: expect.stringMatching(/^dep_/), error: null },
        { agentId: keyless.id, ok: false, deploymentId: null, error: { code: 'provider_not_configured' } },
      ],
    });
    expect((await agents.getById(draft?.id ?? '')).replicas.desired).toBe(2);
  });

  test('stops the members that no other team in service has', async () => {
    const { teams, agents } = work.client;
    const [own, shared] = (await drafts(2)).map(({ id }) => id ?? '');
    const member = (agentId = '') => ({ agentId, role: 'x' });
    const one = await teams.create({ name: 'One', members: [member(own), member(shared)] });
    const two = await teams.create({ name: 'Two', members: [member(shared)] });
    await teams.deploy(one.id);
    await teams.deploy(two.id);
    expect((await teams.stop(one.id)).members).toMatchObject([
      { agentId: own, ok: true, deploymentId: expect.stringMatching(/^dep_/) },
      { agentId: shared, ok: true, deploymentId: null },
    ]);
    expect((await agents.getById(own ?? '')).status).toBe('stopped');
    expect((await agents.getById(shared ?? '')).status).toBe('running');
    await teams.stop(two.id);
    expect((await agents.getById(shared ?? '')).status).toBe('stopped');
  });
});
