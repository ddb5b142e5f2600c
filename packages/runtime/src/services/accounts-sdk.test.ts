import { Runctl, RunctlQuotaExceededError, RunctlRateLimitError } from '@runctl/sdk';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FrontDoor, openFrontDoor, simulatedAgent } from '../http/front-door.test-rig.ts';
import { setTenantLimits } from './tenants.ts';

const operatorKey = `rctl_${'o'.repeat(32)}`;
let door: FrontDoor;
let clientOf: (apiKey: string) => Runctl;

beforeAll(async () => {
  door = await openFrontDoor({ operatorKey });
  clientOf = (apiKey) =>
    new Runctl({
      apiKey,
      baseUrl: 'http://127.0.0.1',
      fetch: async (...request) => door.app.fetch(new Request(...request)),
      retries: 0,
    });
});
afterAll(() => door.close());

it('the SDK runs accounts from the operator’s first call to a member’s', async () => {
  const { id, apiKey } = await clientOf(operatorKey).tenants.create({ name: 'Acme', ownerEmail: 'ada@example.com' });
  const owner = clientOf(apiKey);
  expect(await owner.tenants.whoami()).toMatchObject({ tenantId: id, role: 'owner' });
  const invite = await owner.tenants.createInviteCode('current', { role: 'member' });
  const { member, apiKey: memberKey } = await owner.tenants.redeemInviteCode(invite.inviteCode, {
    email: 'b@example.com',
  });
  expect((await owner.tenants.listMembers('current')).map(({ role }) => role)).toEqual(['owner', 'member']);
  const agent = await clientOf(memberKey).agents.create({
    ...simulatedAgent,
    type: 'reactive',
    modelProvider: 'simulated',
  });
  const [latest] = (await owner.tenants.listAuditLog('current')).data;
  expect(latest).toMatchObject({ actor: member.userId, action: 'agent.create', target: agent.id });
  const key = await owner.tenants.apiKeys.create('current', { name: 'ci', role: 'viewer' });
  expect(await owner.tenants.apiKeys.revoke('current', key.id)).toMatchObject({ revokedAt: expect.any(String) });
  expect(await owner.tenants.getUsage('current')).toMatchObject({ tasksToday: 0, costThisPeriodUsd: 0 });
  expect(await owner.tenants.setSpendLimit('current', { amount: 5, onLimit: 'reject' })).toMatchObject({
    spendLimit: 5,
  });
});

it('the SDK says what a quota and a rate limit say', async () => {
  const { id, apiKey } = await clientOf(operatorKey).tenants.create({ name: 'Small', ownerEmail: 'c@example.com' });
  await door.store.write(({ query }) => setTenantLimits(query, id, { agents: 0, requestsPerMinute: 2 }, Date.now()));
  const client = clientOf(apiKey);
  const agent = { ...simulatedAgent, type: 'reactive' as const, modelProvider: 'simulated' as const };
  const refused = await client.agents.create(agent).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(RunctlQuotaExceededError);
  expect(refused).toMatchObject({ resource: 'agents', limit: 0, used: 0 });
  await client.tenants.whoami();
  const limited = await client.tenants.whoami().catch((error: unknown) => error);
  expect(limited).toBeInstanceOf(RunctlRateLimitError);
});
