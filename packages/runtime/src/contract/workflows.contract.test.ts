import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ContractHome, contractHomes, stopContractHomes } from './contract-home.test-rig.ts';

afterAll(stopContractHomes);

const approval = { stepId: 'ok', name: 'OK', type: 'approval' as const, prompt: 'Go on?' };
const waiting = { name: 'Waiting', pattern: 'sequential' as const, steps: [approval] };

describe.each(contractHomes)('workflows on $name', ({ open }) => {
  let home: ContractHome;
  beforeAll(async () => {
    home = await open();
  });
  afterAll(() => home.close());

  it('have definitions that are checked, made, found, changed, and removed', async () => {
    const { workflowDefinitions } = home.client;
    expect(await workflowDefinitions.validate(waiting)).toMatchObject({ valid: true });
    const wrong = await workflowDefinitions.validate({ ...waiting, steps: [{ ...approval, dependsOn: ['nobody'] }] });
    expect(wrong).toMatchObject({ valid: false });
    const made = await workflowDefinitions.create(waiting);
    expect(await workflowDefinitions.getById(made.id)).toEqual(made);
    const changed = await workflowDefinitions.update(made.id, { name: 'Renamed' });
    expect(changed).toMatchObject({ name: 'Renamed', version: 2 });
    expect((await workflowDefinitions.list({ search: 'renamed' })).data).toEqual([changed]);
    expect(await workflowDefinitions.delete(made.id)).toEqual({ id: made.id, deleted: true });
  });

  it('run to their end, and tell of each step', async () => {
    const { workflowDefinitions, workflows } = home.client;
    const agent = await home.agent([{ when: {}, reply: { text: 'draft' } }]);
    const definition = await workflowDefinitions.create({
      name: 'Both',
      pattern: 'sequential',
      steps: [
        { stepId: 'write', name: 'Write', agentId: agent.id },
        {
          stepId: 'each',
          name: 'Each',
          type: 'map',
          over: 'input.items',
          steps: [{ stepId: 'say', name: 'Say', type: 'transform', output: '{{item}}' }],
        },
        { stepId: 'wait', name: 'Wait', type: 'wait', seconds: 0 },
        { stepId: 'last', name: 'Last', type: 'transform', output: { text: '{{steps.write.output}}' } },
      ],
    });
    const { id } = await workflows.execute({ workflowDefinitionId: definition.id, input: { items: [1, 2] } });
    const seen: string[] = [];
    for await (const event of workflows.events.stream(id)) seen.push(event.type);
    expect(new Set(seen)).toEqual(new Set(['workflow.status', 'step.status']));
    const done = await workflows.getById(id);
    expect(done).toMatchObject({ status: 'completed', output: { text: 'draft' } });
    expect((await workflows.list({ status: 'completed' })).data).toEqual([done]);
    expect((await workflows.getSteps(id)).map(({ status }) => status)).not.toContain('failed');
    expect(await workflows.getMetrics(id)).toMatchObject({ workflowId: id });
    expect((await workflows.events.list(id)).data.length).toBeGreaterThan(0);
    expect((await workflows.events.createStreamUrl(id)).url).toContain('rst_');
  });

  it('wait for people, fail where they say no, and go on where they are tried again', async () => {
    const { workflowDefinitions, workflows } = home.client;
    const { id: workflowDefinitionId } = await workflowDefinitions.create(waiting);
    const start = async () => {
      const { id } = await workflows.execute({ workflowDefinitionId });
      await expect.poll(async () => (await workflows.getById(id)).status).toBe('waiting');
      return id;
    };
    const rejected = await start();
    expect(await workflows.rejectStep(rejected, 'ok', { reason: 'No' })).toMatchObject({ status: 'failed' });
    const again = await workflows.retry(rejected);
    expect(again).toMatchObject({ retryOf: rejected });
    await expect.poll(async () => (await workflows.getById(again.id)).status).toBe('waiting');
    await workflows.approveStep(again.id, 'ok', { comment: 'Yes' });
    const end = await workflows.pollUntilComplete(again.id, { pollIntervalMs: 20 });
    expect(end).toMatchObject({ status: 'completed' });
    expect(await workflows.cancel(await start())).toMatchObject({ status: 'cancelled' });
  });

  it('carry over the wire what their contract says, no more and no less, on every route', () => {
    home.wire.expectWhole('workflows');
    expect(home.wire.events).toBeGreaterThan(0);
    expect(home.errors).toEqual([]);
  });

  it('leave one entry in the audit log for each change, and none for what was refused', async () => {
    expect(home.wire.changes).toBeGreaterThan(3);
    expect(await home.auditEntries()).toBe(home.wire.changes);
  });
});
