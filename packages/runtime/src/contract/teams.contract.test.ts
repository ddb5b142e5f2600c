import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ContractHome, contractHomes, scripted, stopContractHomes } from './contract-home.test-rig.ts';

afterAll(stopContractHomes);

describe.each(contractHomes)('teams on $name', ({ open }) => {
  let home: ContractHome;
  beforeAll(async () => {
    home = await open();
  });
  afterAll(() => home.close());

  it('are made, found, changed, and removed', async () => {
    const { teams, agents } = home.client;
    const [one, two] = [await agents.create(scripted([])), await agents.create(scripted([]))];
    const made = await teams.create({ name: 'Desk', members: [{ agentId: one.id, role: 'lead' }] });
    expect(await teams.getById(made.id)).toEqual(made);
    const changed = await teams.update(made.id, { description: 'All of them' });
    expect(changed).toMatchObject({ version: 2, description: 'All of them' });
    expect((await teams.list({ search: 'desk' })).data).toEqual([changed]);
    const more = await teams.addMember(made.id, { agentId: two.id, role: 'writer' });
    expect(await teams.listMembers(made.id)).toEqual(more.members);
    expect((await teams.removeMember(made.id, two.id)).members).toHaveLength(1);
    expect(await teams.delete(made.id)).toEqual({ id: made.id, deleted: true });
    await expect(teams.getById(made.id)).rejects.toMatchObject({ status: 404, code: 'team.not_found' });
  });

  it('work, and tell who did what', async () => {
    const { teams, tasks } = home.client;
    const [draft, final] = [
      await home.agent([{ when: {}, reply: { text: 'draft' } }]),
      await home.agent([{ when: {}, reply: { text: 'final' } }]),
    ];
    const members = [
      { agentId: draft.id, role: 'writer' },
      { agentId: final.id, role: 'editor' },
    ];
    const team = await teams.create({ name: 'Line', strategy: 'sequential', members });
    const rollout = await teams.deploy(team.id, { replicas: 2 });
    expect(rollout.members.map(({ ok }) => ok)).toEqual([true, true]);
    await expect.poll(async () => (await teams.getById(team.id)).status).toBe('running');
    const input = { payload: { message: 'Go' } };
    const done = await tasks.createAndWait({ teamId: team.id, input }, { timeoutMs: 120_000 });
    expect(done).toMatchObject({ status: 'completed', result: 'final' });
    expect(await teams.getMetrics(team.id)).toMatchObject({ tasks: { total: 1, completed: 1 } });
    expect((await teams.stop(team.id)).members.map(({ ok }) => ok)).toEqual([true, true]);
    await expect.poll(async () => (await teams.getById(team.id)).status).toBe('stopped');
  });

  it('carry over the wire what their contract says, no more and no less, on every route', () => {
    home.wire.expectWhole('teams');
    expect(home.errors).toEqual([]);
  });

  it('leave one entry in the audit log for each change, and none for what was refused', async () => {
    expect(home.wire.changes).toBeGreaterThan(3);
    expect(await home.auditEntries()).toBe(home.wire.changes);
  });
});
