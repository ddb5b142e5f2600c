import type { AllRoutes } from './routes.ts';

/** Every route that may change something. */
type ChangingRoute = Exclude<keyof AllRoutes, `GET ${string}`>;

/**
 * What the audit log calls each change; a route without a name does not compile. Null: nothing is changed,
 * or the service knows better whose log it belongs to.
 */
export const auditedActions: Readonly<Record<ChangingRoute, string | null>> = {
  'DELETE /agents/:agentId': 'agent.delete',
  'DELETE /teams/:teamId': 'team.delete',
  'DELETE /teams/:teamId/members/:agentId': 'team.remove_member',
  'DELETE /tenants/:tenantId/api-keys/:keyId': 'api_key.revoke',
  'DELETE /tenants/:tenantId/invite-codes/:inviteCode': 'invite.revoke',
  'DELETE /tenants/:tenantId/members/:userId': 'member.remove',
  'DELETE /tenants/:tenantId/webhooks/:webhookId': 'webhook.delete',
  'DELETE /workflow-definitions/:definitionId': 'workflow_definition.delete',
  'PATCH /agents/:agentId': 'agent.update',
  'PATCH /teams/:teamId': 'team.update',
  'PATCH /tenants/:tenantId': 'tenant.update',
  'PATCH /tenants/:tenantId/members/:userId': 'member.update_role',
  'PATCH /tenants/:tenantId/notification-preferences': 'notification_preferences.update',
  'PATCH /tenants/:tenantId/webhooks/:webhookId': 'webhook.update',
  'PATCH /workflow-definitions/:definitionId': 'workflow_definition.update',
  'POST /agents': 'agent.create',
  'POST /agents/:agentId/analytics/suggestions/:suggestionId/apply': 'agent.apply_suggestion',
  'POST /agents/:agentId/deploy': 'agent.deploy',
  'POST /agents/:agentId/events/stream-tokens': null,
  'POST /agents/:agentId/restart': 'agent.restart',
  'POST /agents/:agentId/rollback': 'agent.rollback',
  'POST /agents/:agentId/scale': 'agent.scale',
  'POST /agents/:agentId/stop': 'agent.stop',
  'POST /invite-codes/:inviteCode/redeem': null,
  'POST /tasks': 'task.create',
  'POST /tasks/:taskId/approve': 'task.approve',
  'POST /tasks/:taskId/cancel': 'task.cancel',
  'POST /tasks/:taskId/events/stream-tokens': null,
  'POST /tasks/:taskId/feedback': 'task.feedback',
  'POST /tasks/:taskId/fork': 'task.fork',
  'POST /tasks/:taskId/reject': 'task.reject',
  'POST /tasks/:taskId/respond': 'task.respond',
  'POST /tasks/:taskId/retry': 'task.retry',
  'POST /tasks/batch': 'task.create_batch',
  'POST /teams': 'team.create',
  'POST /teams/:teamId/deploy': 'team.deploy',
  'POST /teams/:teamId/members': 'team.add_member',
  'POST /teams/:teamId/stop': 'team.stop',
  'POST /tenants': 'tenant.create',
  'POST /tenants/:tenantId/api-keys': 'api_key.create',
  'POST /tenants/:tenantId/billing/checkout-sessions': 'billing.checkout',
  'POST /tenants/:tenantId/billing/portal-sessions': 'billing.portal',
  'POST /tenants/:tenantId/invite-codes': 'invite.create',
  'POST /tenants/:tenantId/webhooks': 'webhook.create',
  'POST /tenants/:tenantId/webhooks/:webhookId/deliveries/:deliveryId/redeliver': 'webhook.redeliver',
  'POST /tenants/:tenantId/webhooks/:webhookId/rotate-secret': 'webhook.rotate_secret',
  'POST /workflow-definitions': 'workflow_definition.create',
  'POST /workflow-definitions/validate': null,
  'POST /workflows': 'workflow.start',
  'POST /workflows/:workflowId/cancel': 'workflow.cancel',
  'POST /workflows/:workflowId/events/stream-tokens': null,
  'POST /workflows/:workflowId/retry': 'workflow.retry',
  'POST /workflows/:workflowId/steps/:stepId/approve': 'workflow.approve',
  'POST /workflows/:workflowId/steps/:stepId/reject': 'workflow.reject',
  'PUT /tenants/:tenantId/billing/spend-limit': 'billing.set_spend_limit',
};

/**
 * What a change was made to: what the answer says that it is about, else the last id of the path. An invite code is a
 * secret, so it is named by its id or not at all. A step of a workflow has an id in its workflow alone: `wfl_1/approve`.
 */
export function auditTarget(params: Readonly<Record<string, string>>, result: unknown, tenantId: string): string {
  const answered = idOf(Array.isArray(result) ? result[0] : result);
  if (answered !== undefined) return answered;
  const { workflowId, stepId } = params;
  if (workflowId !== undefined && stepId !== undefined) return `${workflowId}/${stepId}`;
  const ids = Object.entries(params).filter(([name]) => name !== 'tenantId' && name !== 'inviteCode');
  return ids.at(-1)?.[1] ?? tenantId;
}

/** Of several that were made together: the batch. */
function idOf(result: unknown): string | undefined {
  if (typeof result !== 'object' || result === null) return undefined;
  const { id, batchId, userId } = result as { id?: unknown; batchId?: unknown; userId?: unknown };
  return [batchId, id, userId].find((each) => typeof each === 'string') as string | undefined;
}
