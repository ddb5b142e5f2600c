/** One way in which a request can fail: its HTTP status, and a title that is the same for every request. */
interface FailureKind {
  status: 400 | 401 | 402 | 403 | 404 | 405 | 409 | 410 | 412 | 413 | 415 | 422 | 429 | 500 | 501 | 503 | 507;
  title: string;
  /** The same request may succeed later. */
  retryable?: true;
}

/** Every failure that the API answers with, by its code. The one place where codes, statuses and titles meet. */
export const failureKinds = {
  'request.invalid': { status: 400, title: 'The request is not valid' },
  'request.malformed': { status: 400, title: 'The body is not JSON that can be read' },
  'request.cursor_invalid': { status: 400, title: 'The cursor is not one of ours' },
  'request.too_large': { status: 413, title: 'The body is too large' },
  'request.unsupported_media_type': { status: 415, title: 'The body is not JSON' },
  'idempotency.key_invalid': { status: 400, title: 'The idempotency key is not valid' },
  'idempotency.key_reused': { status: 422, title: 'The idempotency key belongs to another request' },
  'version.mismatch': { status: 412, title: 'The resource is at another version' },

  'authentication.failed': { status: 401, title: 'The API key is missing or not valid' },
  'authorization.scope_missing': { status: 403, title: 'The API key may not do this' },
  'authorization.role_too_low': { status: 403, title: 'The API key may not give or change this role' },
  'tenant.suspended': { status: 403, title: 'The tenant is suspended' },
  'quota.exceeded': { status: 402, title: 'A quota of the tenant is used up' },
  'rate_limit.exceeded': { status: 429, title: 'Too many requests', retryable: true },

  'route.not_found': { status: 404, title: 'There is no such route' },
  'route.method_not_allowed': { status: 405, title: 'The route does not take this method' },
  'tenant.not_found': { status: 404, title: 'There is no such tenant' },
  'api_key.not_found': { status: 404, title: 'There is no such API key' },
  'member.not_found': { status: 404, title: 'There is no such member' },
  'invite.not_found': { status: 404, title: 'There is no such invite code' },
  'agent.not_found': { status: 404, title: 'There is no such agent' },
  'agent_version.not_found': { status: 404, title: 'There is no such version of the agent' },
  'deployment.not_found': { status: 404, title: 'There is no such deployment' },
  'task.not_found': { status: 404, title: 'There is no such task' },
  'event.gone': { status: 410, title: 'The stream cannot go on after this event' },
  'instance.not_found': { status: 404, title: 'There is no such instance' },
  'suggestion.not_found': { status: 404, title: 'There is no such suggestion' },
  'team.not_found': { status: 404, title: 'There is no such team' },
  'team_member.not_found': { status: 404, title: 'The team has no such member' },
  'workflow_definition.not_found': { status: 404, title: 'There is no such workflow definition' },
  'workflow.not_found': { status: 404, title: 'There is no such workflow' },
  'step.not_found': { status: 404, title: 'There is no such step' },

  'agent.tool_target_unsupported': { status: 400, title: 'The runtime cannot execute this tool' },
  'agent.reference_unknown': { status: 422, title: 'The agent names something that does not exist' },
  'agent.running': { status: 409, title: 'The agent is in service' },
  'agent.has_open_tasks': { status: 409, title: 'The agent has tasks that have not ended' },
  'agent.in_use': { status: 409, title: 'The agent is a member of a team' },
  'agent.not_deployed': { status: 409, title: 'The agent is not in service' },
  'agent.changed': { status: 409, title: 'The agent was changed meanwhile', retryable: true },
  'controller.busy': { status: 409, title: 'Another operation of this agent is under way', retryable: true },
  provider_not_configured: { status: 409, title: 'The model provider is not configured' },
  provider_unsupported: { status: 409, title: 'The model provider is not supported' },
  'task.batch_refused': { status: 422, title: 'The batch was refused, nothing was created' },
  'task.fork_step_invalid': { status: 400, title: 'The task cannot be forked at this step' },
  'task.not_waiting': { status: 409, title: 'The task does not wait for this' },
  'task.not_finished': { status: 409, title: 'The task has not ended' },
  'task.not_failed': { status: 409, title: 'Only a failed task can be tried again' },

  'team.reference_unknown': { status: 422, title: 'The team names an agent that does not exist' },
  'team.member_exists': { status: 409, title: 'The agent is a member of the team already' },
  'team.last_member': { status: 409, title: 'The last member stays' },
  'team.full': { status: 409, title: 'The team has no room for another member' },
  'team.has_open_tasks': { status: 409, title: 'The team has tasks that have not ended' },

  'workflow_definition.invalid': { status: 400, title: 'The workflow definition is not valid' },
  'workflow_definition.has_open_workflows': { status: 409, title: 'The definition has workflows that have not ended' },
  'workflow.not_ended': { status: 409, title: 'The workflow has not ended' },
  'workflow.not_failed': { status: 409, title: 'The workflow has nothing to try again' },
  'workflow.step_not_waiting': { status: 409, title: 'The step does not wait for a decision' },

  'webhook.not_found': { status: 404, title: 'There is no such webhook' },
  'webhook_delivery.not_found': { status: 404, title: 'There is no such delivery' },
  'webhook.disabled': { status: 409, title: 'The webhook is disabled' },
  'webhook.too_many': { status: 409, title: 'The tenant has as many webhooks as it may have' },

  'member.last_owner': { status: 409, title: 'The last owner stays' },
  'billing.not_configured': { status: 501, title: 'This runtime has no billing provider' },
  'billing.provider_failed': { status: 503, title: 'The billing provider does not answer', retryable: true },

  'internal.error': { status: 500, title: 'The runtime failed', retryable: true },
  'runtime.stopping': { status: 503, title: 'The runtime is about to stop', retryable: true },
  'store.unavailable': { status: 503, title: 'The database cannot be reached', retryable: true },
  'store.read_only': { status: 503, title: 'The database takes no writes', retryable: true },
  'store.full': { status: 507, title: 'The disk of the database is full' },
} as const satisfies Record<string, FailureKind>;

/** The code of a failure. */
export type FailureCode = keyof typeof failureKinds;

/** A resource whose absence has a code of its own. */
export type ResourceName = FailureCode extends infer Code
  ? Code extends `${infer Name}.not_found`
    ? Name
    : never
  : never;

/** What the table says of a code. */
export function failureKind(code: FailureCode): FailureKind {
  return failureKinds[code];
}
