/// <reference types="node" />
import { createClient } from '@runctl/core';
import { emptyPage, type MethodCall, methodNames, observeCall, startRecordingServer } from '@runctl/testkit';
import { describe, expect, test } from 'vitest';
import { type TenantRoutes, type Tenants, tenants } from './index.ts';

const connect = (baseUrl: string) =>
  createClient({ apiKey: 'rctl_test', baseUrl, retries: 0, resources: { tenants } }).tenants;

const preferences = { emailEnabled: true, thresholds: [50, 80, 100] };
const from = { from: new Date('2026-01-01') };
const fromOnWire = { from: '2026-01-01T00:00:00.000Z' };

/** One row a method. A method without a row fails, and so does a route that no row names. */
const calls = {
  whoami: { route: 'GET /whoami', call: (t, options) => t.whoami(options), path: '/whoami' },
  create: {
    route: 'POST /tenants',
    call: (t, options) => t.create({ name: 'Acme', ownerEmail: 'a@example.com' }, options),
    path: '/tenants',
    body: { name: 'Acme', ownerEmail: 'a@example.com' },
  },
  getById: {
    route: 'GET /tenants/:tenantId',
    call: (t, options) => t.getById('current', options),
    path: '/tenants/current',
  },
  list: {
    route: 'GET /tenants',
    call: (t, options) => t.list({ limit: 5, page: 2 }, options),
    path: '/tenants',
    query: { limit: '5', page: '2' },
    answer: emptyPage,
  },
  iter: {
    route: 'GET /tenants',
    call: (t, options) => t.iter({ limit: 5 }, options),
    path: '/tenants',
    query: { limit: '5' },
    answer: emptyPage,
  },
  listAll: {
    route: 'GET /tenants',
    call: (t, options) => t.listAll({}, options),
    path: '/tenants',
    answer: emptyPage,
  },
  update: {
    route: 'PATCH /tenants/:tenantId',
    call: (t, options) => t.update('tnt_1', { settings: { skillAllowlist: ['calculator'] } }, options),
    path: '/tenants/tnt_1',
    body: { settings: { skillAllowlist: ['calculator'] } },
  },
  getUsage: {
    route: 'GET /tenants/:tenantId/usage',
    call: (t, options) => t.getUsage('tnt_1', options),
    path: '/tenants/tnt_1/usage',
  },
  getUsageHistory: {
    route: 'GET /tenants/:tenantId/usage/history',
    call: (t, options) => t.getUsageHistory('tnt_1', { period: '30d' }, options),
    path: '/tenants/tnt_1/usage/history',
    query: { period: '30d' },
  },
  getTokenUsageHistory: {
    route: 'GET /tenants/:tenantId/usage/tokens',
    call: (t, options) => t.getTokenUsageHistory('tnt_1', from, options),
    path: '/tenants/tnt_1/usage/tokens',
    query: fromOnWire,
  },
  getCostHistory: {
    route: 'GET /tenants/:tenantId/usage/costs',
    call: (t, options) => t.getCostHistory('tnt_1', from, options),
    path: '/tenants/tnt_1/usage/costs',
    query: fromOnWire,
  },
  getBillingSummary: {
    route: 'GET /tenants/:tenantId/billing',
    call: (t, options) => t.getBillingSummary('tnt_1', options),
    path: '/tenants/tnt_1/billing',
  },
  setSpendLimit: {
    route: 'PUT /tenants/:tenantId/billing/spend-limit',
    call: (t, options) => t.setSpendLimit('tnt_1', { amount: null, onLimit: 'pause' }, options),
    path: '/tenants/tnt_1/billing/spend-limit',
    body: { amount: null, onLimit: 'pause' },
  },
  createPortalSession: {
    route: 'POST /tenants/:tenantId/billing/portal-sessions',
    call: (t, options) => t.createPortalSession('tnt_1', { returnUrl: 'https://a.example' }, options),
    path: '/tenants/tnt_1/billing/portal-sessions',
    body: { returnUrl: 'https://a.example' },
  },
  createCheckoutSession: {
    route: 'POST /tenants/:tenantId/billing/checkout-sessions',
    call: (t, options) =>
      t.createCheckoutSession('tnt_1', { returnUrl: 'https://a.example', cancelUrl: 'https://b.example' }, options),
    path: '/tenants/tnt_1/billing/checkout-sessions',
    body: { returnUrl: 'https://a.example', cancelUrl: 'https://b.example' },
  },
  listMembers: {
    route: 'GET /tenants/:tenantId/members',
    call: (t, options) => t.listMembers('tnt_1', options),
    path: '/tenants/tnt_1/members',
    answer: [],
  },
  updateMemberRole: {
    route: 'PATCH /tenants/:tenantId/members/:userId',
    call: (t, options) => t.updateMemberRole('tnt_1', 'usr_1', { role: 'admin' }, options),
    path: '/tenants/tnt_1/members/usr_1',
    body: { role: 'admin' },
  },
  removeMember: {
    route: 'DELETE /tenants/:tenantId/members/:userId',
    call: (t, options) => t.removeMember('tnt_1', 'usr_1', options),
    path: '/tenants/tnt_1/members/usr_1',
  },
  createInviteCode: {
    route: 'POST /tenants/:tenantId/invite-codes',
    call: (t, options) => t.createInviteCode('tnt_1', { role: 'member', expiresInDays: 30, maxUses: 10 }, options),
    path: '/tenants/tnt_1/invite-codes',
    body: { role: 'member', expiresInDays: 30, maxUses: 10 },
  },
  listInviteCodes: {
    route: 'GET /tenants/:tenantId/invite-codes',
    call: (t, options) => t.listInviteCodes('tnt_1', options),
    path: '/tenants/tnt_1/invite-codes',
    answer: [],
  },
  revokeInviteCode: {
    route: 'DELETE /tenants/:tenantId/invite-codes/:inviteCode',
    call: (t, options) => t.revokeInviteCode('tnt_1', 'ABC123XYZ', options),
    path: '/tenants/tnt_1/invite-codes/ABC123XYZ',
  },
  redeemInviteCode: {
    route: 'POST /invite-codes/:inviteCode/redeem',
    call: (t, options) => t.redeemInviteCode('ABC123XYZ', { email: 'b@example.com' }, options),
    path: '/invite-codes/ABC123XYZ/redeem',
    body: { email: 'b@example.com' },
  },
  getNotificationPreferences: {
    route: 'GET /tenants/:tenantId/notification-preferences',
    call: (t, options) => t.getNotificationPreferences('tnt_1', options),
    path: '/tenants/tnt_1/notification-preferences',
  },
  updateNotificationPreferences: {
    route: 'PATCH /tenants/:tenantId/notification-preferences',
    call: (t, options) => t.updateNotificationPreferences('tnt_1', preferences, options),
    path: '/tenants/tnt_1/notification-preferences',
    body: preferences,
  },
  listAuditLog: {
    route: 'GET /tenants/:tenantId/audit-log',
    call: (t, options) => t.listAuditLog('tnt_1', { cursor: 'c' }, options),
    path: '/tenants/tnt_1/audit-log',
    query: { cursor: 'c' },
    answer: emptyPage,
  },
  iterAuditLog: {
    route: 'GET /tenants/:tenantId/audit-log',
    call: (t, options) => t.iterAuditLog('tnt_1', options),
    path: '/tenants/tnt_1/audit-log',
    answer: emptyPage,
  },
  'apiKeys.list': {
    route: 'GET /tenants/:tenantId/api-keys',
    call: (t, options) => t.apiKeys.list('tnt_1', { limit: 3 }, options),
    path: '/tenants/tnt_1/api-keys',
    query: { limit: '3' },
    answer: emptyPage,
  },
  'apiKeys.iter': {
    route: 'GET /tenants/:tenantId/api-keys',
    call: (t, options) => t.apiKeys.iter('tnt_1', options),
    path: '/tenants/tnt_1/api-keys',
    answer: emptyPage,
  },
  'apiKeys.create': {
    route: 'POST /tenants/:tenantId/api-keys',
    call: (t, options) => t.apiKeys.create('tnt_1', { name: 'ci', scopes: ['tasks'] }, options),
    path: '/tenants/tnt_1/api-keys',
    body: { name: 'ci', scopes: ['tasks'] },
  },
  'apiKeys.revoke': {
    route: 'DELETE /tenants/:tenantId/api-keys/:keyId',
    call: (t, options) => t.apiKeys.revoke('tnt_1', 'key_1', options),
    path: '/tenants/tnt_1/api-keys/key_1',
  },
  'webhooks.list': {
    route: 'GET /tenants/:tenantId/webhooks',
    call: (t, options) => t.webhooks.list('tnt_1', {}, options),
    path: '/tenants/tnt_1/webhooks',
    answer: emptyPage,
  },
  'webhooks.iter': {
    route: 'GET /tenants/:tenantId/webhooks',
    call: (t, options) => t.webhooks.iter('tnt_1', options),
    path: '/tenants/tnt_1/webhooks',
    answer: emptyPage,
  },
  'webhooks.create': {
    route: 'POST /tenants/:tenantId/webhooks',
    call: (t, options) => t.webhooks.create('tnt_1', { url: 'https://a.example', events: ['task.failed'] }, options),
    path: '/tenants/tnt_1/webhooks',
    body: { url: 'https://a.example', events: ['task.failed'] },
  },
  'webhooks.update': {
    route: 'PATCH /tenants/:tenantId/webhooks/:webhookId',
    call: (t, options) => t.webhooks.update('tnt_1', 'whk_1', { enabled: false }, options),
    path: '/tenants/tnt_1/webhooks/whk_1',
    body: { enabled: false },
  },
  'webhooks.delete': {
    route: 'DELETE /tenants/:tenantId/webhooks/:webhookId',
    call: (t, options) => t.webhooks.delete('tnt_1', 'whk_1', options),
    path: '/tenants/tnt_1/webhooks/whk_1',
  },
  'webhooks.rotateSecret': {
    route: 'POST /tenants/:tenantId/webhooks/:webhookId/rotate-secret',
    call: (t, options) => t.webhooks.rotateSecret('tnt_1', 'whk_1', options),
    path: '/tenants/tnt_1/webhooks/whk_1/rotate-secret',
  },
  'webhooks.listDeliveries': {
    route: 'GET /tenants/:tenantId/webhooks/:webhookId/deliveries',
    call: (t, options) => t.webhooks.listDeliveries('tnt_1', 'whk_1', { page: 1 }, options),
    path: '/tenants/tnt_1/webhooks/whk_1/deliveries',
    query: { page: '1' },
    answer: emptyPage,
  },
  'webhooks.iterDeliveries': {
    route: 'GET /tenants/:tenantId/webhooks/:webhookId/deliveries',
    call: (t, options) => t.webhooks.iterDeliveries('tnt_1', 'whk_1', options),
    path: '/tenants/tnt_1/webhooks/whk_1/deliveries',
    answer: emptyPage,
  },
  'webhooks.redeliver': {
    route: 'POST /tenants/:tenantId/webhooks/:webhookId/deliveries/:deliveryId/redeliver',
    call: (t, options) => t.webhooks.redeliver('tnt_1', 'whk_1', 'whd_1', options),
    path: '/tenants/tnt_1/webhooks/whk_1/deliveries/whd_1/redeliver',
  },
} satisfies Record<string, MethodCall<Tenants, keyof TenantRoutes>>;

/** Compiles where every route of the table has a row. */
type Uncalled = Exclude<keyof TenantRoutes, (typeof calls)[keyof typeof calls]['route']>;
const everyRouteIsCalled: [Uncalled] extends [never] ? true : Uncalled = true;

describe('tenants over HTTP', () => {
  test('every method has a row here, and every route a method', () => {
    expect(Object.keys(calls).sort()).toEqual(methodNames(connect('http://127.0.0.1')));
    expect(everyRouteIsCalled).toBe(true);
  });

  test.each(Object.entries<MethodCall<Tenants, string>>(calls))('%s asks for its route', async (_name, method) => {
    const { seen, expected } = await observeCall(method, connect);
    expect(seen).toEqual(expected);
  });

  test('a PUT carries no idempotency key of its own: it may be repeated as it is', async () => {
    const server = await startRecordingServer(() => ({ plan: 'free' }));
    await connect(server.url).setSpendLimit('current', { amount: 10 });
    await server.close();
    expect(server.requests[0]?.headers).not.toHaveProperty('idempotency-key');
  });
});
