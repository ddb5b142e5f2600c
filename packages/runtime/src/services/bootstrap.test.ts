import { describe, expect, it } from 'vitest';
import { openFrontDoor } from '../http/front-door.test-rig.ts';
import { ensureFirstTenant } from './bootstrap.ts';
import { OperatorAccounts } from './operator-accounts.ts';

describe('the first start', () => {
  it('makes a tenant and shows its key once, and nothing at later starts', async () => {
    const door = await openFrontDoor();
    await door.store.write(async ({ query }) => {
      await query.deleteFrom('api_keys').execute();
      await query.deleteFrom('tenants').execute();
    });
    const key = await ensureFirstTenant(door.store, Date.now());
    expect(key).toMatch(/^rctl_[0-9A-Za-z]{32}$/);
    expect(await ensureFirstTenant(door.store, Date.now())).toBeUndefined();
    const whoami = (await door.call('GET /v1/whoami', { key: key ?? null })).body;
    const accounts = new OperatorAccounts(door.store);
    const { key: another } = await accounts.createKey(await accounts.onlyTenantId(), { name: 'ci', role: 'owner' });
    expect((await door.call('GET /v1/whoami', { key: another })).body).toMatchObject({ tenantId: whoami.tenantId });
    const dump = JSON.stringify(await door.store.query.selectFrom('api_keys').selectAll().execute());
    for (const secret of [key ?? '', another]) expect(dump).not.toContain(secret.slice(12));
    await door.close();
  });
});
