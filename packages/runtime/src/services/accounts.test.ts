import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FrontDoor, openFrontDoor, simulatedAgent } from '../http/front-door.test-rig.ts';
import { type StoreHome, stopHomes, storeHomes } from '../store/store-homes.test-rig.ts';

afterAll(stopHomes);

const operatorKey = `rctl_${'o'.repeat(32)}`;

describe.each(storeHomes)('accounts on $name', ({ create }) => {
  let home: StoreHome;
  let door: FrontDoor;
  let now: number;

  beforeAll(async () => {
    home = await create();
  });
  afterAll(() => home.remove());
  // Each test has tenants of its own in the one database.
  beforeEach(async () => {
    now = Date.parse('2026-11-21T12:00:00Z');
    door = await openFrontDoor({ store: await home.open(), operatorKey, now: () => now });
  });
  afterEach(async () => {
    expect(door.errors).toEqual([]);
    await door.close();
  });

  /** A tenant with an owner who is a person. */
  async function team() {
    const body = { name: 'Acme', ownerEmail: 'ada@example.com' };
    const { apiKey: key, id } = (await door.call('POST /v1/tenants', { key: operatorKey, body })).body;
    const [owner] = (await door.call('GET /v1/tenants/current/members', { key })).body;
    return { key: key as string, id: id as string, owner: owner.userId as string };
  }

  /** Somebody who joins by an invite. */
  async function join(key: string, role: string): Promise<{ key: string; userId: string }> {
    const { inviteCode } = (await door.call('POST /v1/tenants/current/invite-codes', { key, body: { role } })).body;
    const body = { email: `${role}@example.com` };
    const joined = await door.call(`POST /v1/invite-codes/${inviteCode}/redeem`, { key: null, body });
    expect(joined.status).toBe(201);
    return { key: joined.body.apiKey, userId: joined.body.member.userId };
  }

  /** Remembered keys are looked up anew. */
  const aSecondLater = () => {
    now += 1_000;
  };

  describe('the operator’s key', () => {
    it('makes tenants, sees all of them, and is refused where a tenant’s key belongs', async () => {
      const made = await team();
      const all = await door.call('GET /v1/tenants', { key: operatorKey });
      expect(all.body.data.slice(0, 3).map(({ name }: { name: string }) => name)).toEqual(['Acme', 'two', 'one']);
      const one = await door.call(`GET /v1/tenants/${made.id}`, { key: operatorKey });
      expect(one.body).toMatchObject({ id: made.id, status: 'active', limits: { agents: null } });
      for (const route of ['GET /v1/agents', 'GET /v1/whoami', 'POST /v1/tasks', 'GET /v1/tenants/current']) {
        const { status } = await door.call(route, { key: operatorKey });
        expect([route, status]).toEqual([route, route.endsWith('current') ? 404 : 403]);
      }
    });

    it('alone may make tenants; another key sees its own', async () => {
      const body = { name: 'Mine', ownerEmail: 'eve@example.com' };
      expect(await door.call('POST /v1/tenants', { body })).toMatchObject({ status: 403 });
      const { data } = (await door.call('GET /v1/tenants')).body;
      expect(data.map(({ id }: { id: string }) => id)).toEqual([door.tenantId]);
      expect(await door.call(`GET /v1/tenants/${door.otherTenantId}`)).toMatchObject({ status: 404 });
      expect(await door.call('GET /v1/tenants/operator', { key: operatorKey })).toMatchObject({ status: 404 });
    });
  });

  describe('an API key', () => {
    const make = (body: object, key?: string) =>
      door.call('POST /v1/tenants/current/api-keys', { body, ...(key === undefined ? {} : { key }) });

    it('is shown once and kept as a hash, not even in the record of a repeated request', async () => {
      const headers = { 'idempotency-key': 'the same' };
      const call = { body: { name: 'ci' }, headers };
      const made = await door.call('POST /v1/tenants/current/api-keys', call);
      const again = await door.call('POST /v1/tenants/current/api-keys', call);
      expect(again.body).toEqual(made.body);
      expect(again.headers.get('idempotent-replayed')).toBe('true');
      const { query } = door.store;
      const rows = [
        await query.selectFrom('api_keys').selectAll().execute(),
        await query.selectFrom('idempotency_keys').selectAll().execute(),
        await query.selectFrom('audit_log').selectAll().execute(),
      ];
      expect(JSON.stringify(rows)).not.toContain(made.body.key);
      const listed = await door.call('GET /v1/tenants/current/api-keys');
      expect(listed.body.data[0]).toMatchObject({
        id: made.body.id,
        prefix: made.body.key.slice(0, 10),
        role: 'member',
      });
      expect(JSON.stringify(listed.body)).not.toContain(made.body.key);
    });

    it('may do what its role and scopes say, and no more than its maker', async () => {
      const viewer = (await make({ name: 'viewer', role: 'viewer' })).body.key;
      expect(await door.call('GET /v1/agents', { key: viewer })).toMatchObject({ status: 200 });
      expect(await door.call('POST /v1/agents', { key: viewer, body: simulatedAgent })).toMatchObject({
        status: 403,
        body: { code: 'authorization.scope_missing', requiredScope: 'agents' },
      });
      const admin = (await make({ name: 'admin', role: 'admin', scopes: ['read', 'admin'] })).body.key;
      expect(await make({ name: 'up', role: 'owner' }, admin)).toMatchObject({
        status: 403,
        body: { code: 'authorization.role_too_low' },
      });
      expect(await make({ name: 'wide', role: 'admin', scopes: ['agents'] }, admin)).toMatchObject({ status: 403 });
      expect((await make({ name: 'same', role: 'admin' }, admin)).body.scopes).toEqual(['read', 'admin']);
      expect(await make({ name: 'odd', role: 'member', scopes: ['billing'] })).toMatchObject({ status: 403 });
    });

    it('is of no use once it is revoked or its time is over', async () => {
      const revoked = (await make({ name: 'a' })).body;
      const short = (await make({ name: 'b', expiresInDays: 1 })).body;
      expect(await door.call('GET /v1/whoami', { key: revoked.key })).toMatchObject({ status: 200 });
      const answer = await door.call(`DELETE /v1/tenants/current/api-keys/${revoked.id}`);
      expect(answer.body.revokedAt).toBe('2026-11-21T12:00:00.000Z');
      aSecondLater();
      expect(await door.call('GET /v1/whoami', { key: revoked.key })).toMatchObject({ status: 401 });
      expect(await door.call('GET /v1/whoami', { key: short.key })).toMatchObject({ status: 200 });
      now += 24 * 3_600_000;
      expect(await door.call('GET /v1/whoami', { key: short.key })).toMatchObject({ status: 401 });
    });

    it('tells when it was last used', async () => {
      await door.services.keyUses.flush();
      const { data } = (await door.call('GET /v1/tenants/current/api-keys')).body;
      await door.services.keyUses.flush();
      const later = (await door.call('GET /v1/tenants/current/api-keys')).body.data;
      expect([data[0].lastUsedAt, later[0].lastUsedAt]).toEqual([null, '2026-11-21T12:00:00.000Z']);
    });
  });

  describe('a suspended tenant', () => {
    it('may read and nothing else', async () => {
      await door.store.write(({ query }) =>
        query.updateTable('tenants').set({ status: 'suspended' }).where('id', '=', door.tenantId).execute(),
      );
      aSecondLater();
      expect(await door.call('GET /v1/agents')).toMatchObject({ status: 200 });
      expect(await door.call('POST /v1/agents', { body: simulatedAgent })).toMatchObject({
        status: 403,
        body: { code: 'tenant.suspended' },
      });
    });
  });

  describe('members', () => {
    it('raise neither themselves nor others above themselves, and touch nobody above', async () => {
      const { key, owner } = await team();
      const admin = await join(key, 'admin');
      const viewer = await join(key, 'viewer');
      const change = (userId: string, role: string, by: string) =>
        door.call(`PATCH /v1/tenants/current/members/${userId}`, { key: by, body: { role } });
      expect(await change(admin.userId, 'owner', admin.key)).toMatchObject({ status: 403 });
      expect(await change(viewer.userId, 'owner', admin.key)).toMatchObject({ status: 403 });
      expect(await change(owner, 'viewer', admin.key)).toMatchObject({ status: 403 });
      expect(await change(viewer.userId, 'admin', viewer.key)).toMatchObject({ status: 403 });
      expect(await change(viewer.userId, 'king', key)).toMatchObject({ status: 400 });
      expect(await change(viewer.userId, 'member', admin.key)).toMatchObject({ status: 200, body: { role: 'member' } });
      const members = (await door.call('GET /v1/tenants/current/members', { key })).body;
      expect(members.map(({ role }: { role: string }) => role)).toEqual(['owner', 'admin', 'member']);
    });

    it('take their keys with them: a demoted one can do less, a removed one nothing', async () => {
      const { key } = await team();
      const admin = await join(key, 'admin');
      const list = () => door.call('GET /v1/tenants/current/members', { key: admin.key });
      expect(await list()).toMatchObject({ status: 200 });
      const path = `/v1/tenants/current/members/${admin.userId}`;
      await door.call(`PATCH ${path}`, { key, body: { role: 'viewer' } });
      aSecondLater();
      expect(await list()).toMatchObject({ status: 403 });
      expect((await door.call('GET /v1/whoami', { key: admin.key })).body).toMatchObject({
        role: 'viewer',
        userId: admin.userId,
      });
      expect(await door.call(`DELETE ${path}`, { key })).toMatchObject({ status: 200, body: { deleted: true } });
      aSecondLater();
      expect(await door.call('GET /v1/whoami', { key: admin.key })).toMatchObject({ status: 401 });
    });

    it('keep one owner, also where two leave at once', async () => {
      const { key, owner, id } = await team();
      expect(await door.call(`DELETE /v1/tenants/current/members/${owner}`, { key })).toMatchObject({
        status: 409,
        body: { code: 'member.last_owner' },
      });
      const second = await join(key, 'admin');
      await door.call(`PATCH /v1/tenants/current/members/${second.userId}`, { key, body: { role: 'owner' } });
      aSecondLater();
      const leaving = await Promise.all(
        [owner, second.userId].map((userId) =>
          door.call(`PATCH /v1/tenants/${id}/members/${userId}`, { key: operatorKey, body: { role: 'viewer' } }),
        ),
      );
      expect(leaving.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    });
  });

  describe('an invite code', () => {
    const redeem = (code: string, email = 'x@example.com', address = '192.0.2.1') =>
      door.call(`POST /v1/invite-codes/${code}/redeem`, { key: null, body: { email }, address });

    it('lets exactly as many in as it has uses', async () => {
      const body = { role: 'member', maxUses: 3 };
      const { inviteCode } = (await door.call('POST /v1/tenants/current/invite-codes', { body })).body;
      expect(Buffer.from(inviteCode, 'base64url').length * 8).toBeGreaterThanOrEqual(128);
      const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => redeem(inviteCode, `${n}@example.com`)));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
      const [invite] = (await door.call('GET /v1/tenants/current/invite-codes')).body;
      expect(invite).toMatchObject({ uses: 3, status: 'used_up' });
      expect((await door.call('GET /v1/tenants/current/members')).body).toHaveLength(3);
    });

    it('fails in one way, whatever is wrong with it', async () => {
      const make = async () =>
        (await door.call('POST /v1/tenants/current/invite-codes', { body: { role: 'viewer', expiresInDays: 1 } })).body
          .inviteCode;
      const [used, revoked, old] = [await make(), await make(), await make()];
      expect(await redeem(used)).toMatchObject({ status: 201 });
      await door.call(`DELETE /v1/tenants/current/invite-codes/${revoked}`);
      const early = [await redeem(used), await redeem(revoked), await redeem('never-made')];
      now += 24 * 3_600_000;
      const bodies = [...early, await redeem(old)].map(({ status, body }) => ({ ...body, status, requestId: '' }));
      expect(bodies[0]).toMatchObject({ status: 404, code: 'invite.not_found' });
      for (const body of bodies) expect(body).toEqual(bodies[0]);
      const other = await door.call(`DELETE /v1/tenants/current/invite-codes/${old}`, { key: door.otherKey });
      expect(other).toMatchObject({ status: 404 });
    });

    it('says nothing of addresses: one that is a member’s joins like any other, with nothing of the other’s', async () => {
      const { key } = await team();
      const make = async () =>
        (await door.call('POST /v1/tenants/current/invite-codes', { key, body: { role: 'viewer' } })).body.inviteCode;
      const known = await redeem(await make(), 'ada@example.com');
      const fresh = await redeem(await make(), 'new@example.com');
      expect([known.status, Object.keys(known.body)]).toEqual([fresh.status, Object.keys(fresh.body)]);
      expect(known.body.member.role).toBe('viewer');
    });

    it('cannot be guessed for long from one address', async () => {
      const tries = await Promise.all(Array.from({ length: 30 }, (_, n) => redeem(`guess-${n}`)));
      expect(tries.filter(({ status }) => status === 404)).toHaveLength(20);
      const refused = tries.find(({ status }) => status === 429);
      expect(refused?.body).toMatchObject({ code: 'rate_limit.exceeded', retryable: true });
      expect(refused?.headers.get('retry-after')).toBe('3');
      expect(await redeem('guess', 'x@example.com', '192.0.2.2')).toMatchObject({ status: 404 });
    });

    it('cannot be guessed for long from many addresses either', async () => {
      const tries = await Promise.all(
        Array.from({ length: 660 }, (_, n) => redeem(`guess-${n}`, 'x@example.com', `198.51.100.${n % 66}`)),
      );
      const guessed = tries.filter(({ status }) => status === 404).length;
      expect(guessed).toBeGreaterThan(500);
      expect(guessed).toBeLessThanOrEqual(600);
      expect(tries.filter(({ status }) => status === 429)).toHaveLength(tries.length - guessed);
    });
  });

  describe('settings', () => {
    it('change one by one, and bind agents', async () => {
      const update = (settings: object) => door.call('PATCH /v1/tenants/current', { body: { settings } });
      await Promise.all([update({ traceRetentionDays: 7 }), update({ skillAllowlist: ['calculator'] })]);
      const { settings } = (await door.call('GET /v1/tenants/current')).body;
      expect(settings).toEqual({ skillAllowlist: ['calculator'], customToolUrlPrefixes: null, traceRetentionDays: 7 });
      expect(await update({ traceRetentionDays: 0 })).toMatchObject({ status: 400 });
      expect(await update({ customToolUrlPrefixes: ['https://user@example.com/'] })).toMatchObject({ status: 400 });
      expect(await door.call('PATCH /v1/tenants/current', { body: { limits: { agents: 5 } } })).toMatchObject({
        status: 400,
      });
    });
  });

  describe('the audit log', () => {
    it('has one entry for each change, by whose credential it was made, and none for what failed or was repeated', async () => {
      const headers = { 'idempotency-key': 'k', 'x-forwarded-user': 'eve' };
      const agent = (await door.call('POST /v1/agents', { body: simulatedAgent, headers })).body;
      await door.call('POST /v1/agents', { body: simulatedAgent, headers });
      await door.call(`PATCH /v1/agents/${agent.id}`, { body: { name: 'B' } });
      await door.call(`PATCH /v1/agents/${agent.id}`, { body: { name: '' } });
      await door.call('GET /v1/agents');
      const tasks = [{ agentId: agent.id, input: { payload: {} } }];
      const batch = (await door.call('POST /v1/tasks/batch', { body: { tasks } })).body;
      const { apiKeyId } = (await door.call('GET /v1/whoami')).body;
      const { data } = (await door.call('GET /v1/tenants/current/audit-log')).body;
      const entries = data.map(({ id: _id, createdAt: _at, ...rest }: Record<string, string>) => rest);
      expect(entries).toEqual([
        { actor: apiKeyId, action: 'task.create_batch', target: batch[0].batchId },
        { actor: apiKeyId, action: 'agent.update', target: agent.id },
        { actor: apiKeyId, action: 'agent.create', target: agent.id },
      ]);
      expect((await door.call('GET /v1/tenants/current/audit-log', { key: door.otherKey })).body.data).toEqual([]);
    });

    it('names people, and the operator', async () => {
      const { key, id, owner } = await team();
      const joined = await join(key, 'member');
      const { data } = (await door.call('GET /v1/tenants/current/audit-log', { key })).body;
      expect(data.map(({ actor, action }: { actor: string; action: string }) => [actor, action])).toEqual([
        [joined.userId, 'invite.redeem'],
        [owner, 'invite.create'],
        ['operator', 'tenant.create'],
      ]);
      expect(data[2].target).toBe(id);
    });

    it('only grows: the database itself refuses to change or to remove an entry', async () => {
      await door.call('PATCH /v1/tenants/current', { body: { name: 'x' } });
      const change = door.store.write(({ query }) => query.updateTable('audit_log').set({ actor: 'me' }).execute());
      await expect(change).rejects.toThrow(/only grows/);
      await expect(door.store.write(({ query }) => query.deleteFrom('audit_log').execute())).rejects.toThrow(
        /only grows/,
      );
    });
  });
});
