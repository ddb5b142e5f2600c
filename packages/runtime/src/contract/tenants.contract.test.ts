import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CreatedTenant } from '@runctl/tenants';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ContractHome, contractHomes, scripted, stopContractHomes } from './contract-home.test-rig.ts';

afterAll(stopContractHomes);

describe.each(contractHomes)('tenants on $name', ({ open }) => {
  let home: ContractHome;
  let made: CreatedTenant;
  let owner: ContractHome['client'];
  beforeAll(async () => {
    home = await open();
    made = await home.operator.tenants.create({ name: 'Acme', ownerEmail: 'ada@example.com' });
    owner = home.clientOf(made.apiKey);
  });
  afterAll(() => home.close());

  it('are made by the operator, and see themselves alone', async () => {
    const { apiKey, ...tenant } = made;
    expect(await owner.tenants.whoami()).toMatchObject({ tenantId: tenant.id, role: 'owner' });
    expect((await owner.tenants.list()).data).toEqual([tenant]);
    expect((await home.operator.tenants.list()).data).toHaveLength(2);
    const changed = await owner.tenants.update('current', { name: 'Acme Ltd', settings: { traceRetentionDays: 7 } });
    expect(changed).toMatchObject({ name: 'Acme Ltd', settings: { traceRetentionDays: 7 } });
    expect(await home.operator.tenants.getById(tenant.id)).toEqual(changed);
  });

  it('have people, who come by invites, and keys', async () => {
    const { tenants } = owner;
    const { inviteCode } = await tenants.createInviteCode('current', { role: 'member' });
    const { member, apiKey } = await tenants.redeemInviteCode(inviteCode, { email: 'b@example.com', name: 'Bea' });
    expect(await home.clientOf(apiKey).tenants.whoami()).toMatchObject({ userId: member.userId, role: 'member' });
    expect(await tenants.listMembers('current')).toContainEqual(member);
    expect(await tenants.updateMemberRole('current', member.userId, { role: 'viewer' })).toMatchObject({
      role: 'viewer',
    });
    expect(await tenants.removeMember('current', member.userId)).toMatchObject({ deleted: true });
    const another = await tenants.createInviteCode('current', { role: 'viewer', maxUses: 3, expiresInDays: 1 });
    expect(await tenants.revokeInviteCode('current', another.inviteCode)).toMatchObject({ status: 'revoked' });
    expect((await tenants.listInviteCodes('current')).map(({ status }) => status)).toEqual(['revoked', 'used_up']);
    const { key, ...shown } = await tenants.apiKeys.create('current', { name: 'ci', role: 'viewer', expiresInDays: 1 });
    expect(await home.clientOf(key).tenants.whoami()).toMatchObject({ apiKeyId: shown.id, role: 'viewer' });
    expect((await tenants.apiKeys.list('current')).data.map(({ id }) => id)).toContain(shown.id);
    expect((await tenants.apiKeys.revoke('current', shown.id)).revokedAt).not.toBeNull();
  });

  it('see what they use, what it costs, and who changed what', async () => {
    const { tenants, agents, tasks } = owner;
    const agent = await agents.create(scripted([{ when: {}, reply: { text: 'Done.' } }]));
    await agents.deploy(agent.id);
    await tasks.createAndWait({ agentId: agent.id, input: { payload: {} } }, { timeoutMs: 120_000 });
    expect(await tenants.getUsage('current')).toMatchObject({ tasksToday: 1, activeAgents: 1 });
    expect((await tenants.getUsageHistory('current')).points.length).toBeGreaterThan(0);
    expect((await tenants.getTokenUsageHistory('current')).points.length).toBeGreaterThan(0);
    expect(await tenants.getCostHistory('current')).toMatchObject({ currency: 'USD' });
    const actions = (await tenants.listAuditLog('current')).data.map(({ action }) => action);
    expect(actions.slice(0, 3)).toEqual(['task.create', 'agent.deploy', 'agent.create']);
  });

  it('are billed, within a limit of their own', async () => {
    const { tenants } = owner;
    expect(await tenants.setSpendLimit('current', { amount: 5, onLimit: 'pause' })).toMatchObject({ spendLimit: 5 });
    expect(await tenants.getBillingSummary('current')).toMatchObject({ provider: 'stripe', onLimit: 'pause' });
    const returnUrl = 'https://app.example.com/billing';
    expect(await tenants.createPortalSession('current', { returnUrl })).toMatchObject({
      portalUrl: expect.stringContaining('https://billing.stripe.test/'),
    });
    expect(await tenants.createCheckoutSession('current', { returnUrl, cancelUrl: returnUrl })).toMatchObject({
      checkoutUrl: expect.stringContaining('https://checkout.stripe.test/'),
    });
  });

  it('are told of what happens', async () => {
    const { tenants, agents, tasks } = owner;
    const receiver = await startReceiver();
    const { secret, ...hook } = await tenants.webhooks.create('current', {
      url: receiver.url,
      events: ['task.cancelled'],
    });
    expect(secret).toMatch(/^whsec_/);
    expect((await tenants.webhooks.list('current')).data).toEqual([hook]);
    expect(await tenants.webhooks.update('current', hook.id, { enabled: true })).toEqual(hook);
    expect((await tenants.webhooks.rotateSecret('current', hook.id)).secret).not.toBe(secret);
    const agent = await agents.create(scripted([]));
    await agents.deploy(agent.id);
    const scheduledFor = new Date(Date.now() + 3_600_000);
    const { id } = await tasks.create({ agentId: agent.id, input: { payload: {} }, scheduledFor });
    await tasks.cancel(id);
    const deliveries = async () => (await tenants.webhooks.listDeliveries('current', hook.id)).data;
    await expect.poll(async () => (await deliveries())[0]?.status).toBe('delivered');
    const [delivery] = await deliveries();
    expect(await tenants.webhooks.redeliver('current', hook.id, delivery?.id ?? '')).toMatchObject({
      webhookId: hook.id,
    });
    expect(await tenants.webhooks.delete('current', hook.id)).toMatchObject({ deleted: true });
    receiver.server.close();
    const told = await tenants.updateNotificationPreferences('current', { thresholds: [50, 100] });
    expect(await tenants.getNotificationPreferences('current')).toMatchObject({ thresholds: [50, 100] });
    expect(told).toMatchObject({ thresholds: [50, 100] });
  });

  it('carry over the wire what their contract says, no more and no less, on every route', () => {
    home.wire.expectWhole('tenants');
    expect(home.errors).toEqual([]);
  });

  it('leave one entry in the audit log for each change, and none for what was refused', async () => {
    expect(home.wire.changes).toBeGreaterThan(3);
    expect(await home.auditEntries()).toBe(home.wire.changes);
  });
});

async function startReceiver(): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server };
}
