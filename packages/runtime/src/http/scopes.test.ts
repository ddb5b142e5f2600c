import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newApiKey } from '../services/accounts/new-api-key.ts';
import type { ApiScope } from '../services/api-scope.ts';
import { type FrontDoor, openFrontDoor } from './front-door.test-rig.ts';
import { routes } from './routes.ts';

const scopes: readonly ApiScope[] = ['read', 'agents', 'tasks', 'billing', 'admin'];

let door: FrontDoor;
const keys = new Map<ApiScope, string>();
beforeAll(async () => {
  door = await openFrontDoor({ operatorKey: `rctl_${'o'.repeat(32)}` });
  for (const scope of scopes) {
    const { key, row } = newApiKey({ name: scope, role: 'owner', scopes: [scope] }, Date.now());
    await door.store.write(({ query }) =>
      query
        .insertInto('api_keys')
        .values({ ...row, tenant_id: door.tenantId })
        .execute(),
    );
    keys.set(scope, key);
  }
});
afterAll(() => door.close());

describe('a key with one scope', () => {
  it.each(scopes)('%s gets past the door of the routes that name it, and of no other', async (scope) => {
    const wrong: string[] = [];
    for (const [route, handler] of Object.entries(routes(door.services))) {
      if (handler.scope === 'anyone') continue;
      const [method, path = ''] = route.split(' ');
      const filled = path.replace(':tenantId', 'current').replace(/:\w+/g, 'none');
      const body = method === 'GET' || method === 'DELETE' ? {} : { body: { nonsense: true } };
      const signal = AbortSignal.timeout(5_000);
      const answer = await door.call(`${method} /v1${filled}`, { key: keys.get(scope) ?? null, signal, ...body });
      const isRefused = answer.status === 403 && answer.body.code === 'authorization.scope_missing';
      if (isRefused === (handler.scope === scope)) wrong.push(`${route} ${answer.status}`);
    }
    expect(wrong).toEqual([]);
    expect(door.errors).toEqual([]);
  });
});
