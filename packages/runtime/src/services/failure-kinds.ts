/** One way in which a request can fail: its HTTP status, and a title that is the same for every request. */
interface FailureKind {
  status: 400 | 401 | 402 | 403 | 404 | 405 | 409 | 410 | 412 | 413 | 415 | 422 | 429 | 500 | 501 | 503 | 507;
  title: string;
  /** What to do about it, where a failure says no more. Default: that of an absence. */
  hint?: string;
  /** The same request may succeed later. */
  retryable?: true;
}

/** Every failure that the API answers with, by its code. The one place where codes, statuses and titles meet. */
export const failureKinds = {
  'request.invalid': {
    status: 400,
    title: 'The request is not valid',
    hint: 'Correct the fields that details names.',
  },
  'request.malformed': {
    status: 400,
    title: 'The body is not JSON that can be read',
    hint: 'Send one JSON value in UTF-8; detail says what is wrong with this one.',
  },
  'request.cursor_invalid': {
    status: 400,
    title: 'The cursor is not one of ours',
    hint: 'Begin the list anew, without a cursor, and take cursors from nextCursor alone.',
  },
  'request.too_large': {
    status: 413,
    title: 'The body is too large',
    hint: 'Keep large inputs elsewhere and send their address.',
  },
  'request.unsupported_media_type': {
    status: 415,
    title: 'The body is not JSON',
    hint: 'Send content-type: application/json.',
  },
  'idempotency.key_invalid': {
    status: 400,
    title: 'The idempotency key is not valid',
    hint: 'Send 1 to 255 printable characters of ASCII.',
  },
  'idempotency.in_progress': {
    status: 409,
    title: 'The first request under this idempotency key is still being answered',
    hint: 'Send the same request again under the same key: its answer is that of the first one.',
    retryable: true,
  },
  'idempotency.key_reused': {
    status: 422,
    title: 'The idempotency key belongs to another request',
    hint: 'Use a fresh key for each request, and the same key only to repeat one.',
  },
  'version.mismatch': {
    status: 412,
    title: 'The resource is at another version',
    hint: 'Read it again, apply your change to what it is now, and send its version as If-Match.',
  },

  'authentication.failed': {
    status: 401,
    title: 'The API key is missing or not valid',
    hint: 'Send Authorization: Bearer and a key that is neither revoked nor expired.',
  },
  'authorization.scope_missing': {
    status: 403,
    title: 'The API key may not do this',
    hint: 'Use a key that has the scope named in requiredScope.',
  },
  'authorization.role_too_low': {
    status: 403,
    title: 'The API key may not give or change this role',
    hint: 'Ask someone with a higher role.',
  },
  'tenant.suspended': { status: 403, title: 'The tenant is suspended', hint: 'Ask the operator of the runtime.' },
  'quota.exceeded': {
    status: 402,
    title: 'A quota of the tenant is used up',
    hint: 'Give some back, wait until resetsAt, or ask the operator for more.',
  },
  'rate_limit.exceeded': {
    status: 429,
    title: 'Too many requests',
    hint: 'Come back after Retry-After.',
    retryable: true,
  },

  'route.not_found': { status: 404, title: 'There is no such route', hint: 'Look the route up at /v1/docs.' },
  'route.method_not_allowed': {
    status: 405,
    title: 'The route does not take this method',
    hint: 'Use a method of the header Allow.',
  },
  'tenant.not_found': { status: 404, title: 'There is no such tenant' },
  'api_key.not_found': { status: 404, title: 'There is no such API key' },
  'member.not_found': { status: 404, title: 'There is no such member' },
  'invite.not_found': { status: 404, title: 'There is no such invite code' },
  'agent.not_found': { status: 404, title: 'There is no such agent' },
  'agent_version.not_found': { status: 404, title: 'There is no such version of the agent' },
  'deployment.not_found': { status: 404, title: 'There is no such deployment' },
  'task.not_found': { status: 404, title: 'There is no such task' },
  'event.gone': {
    status: 410,
    title: 'The stream cannot go on after this event',
    hint: 'Read what the thing is now, then open the stream without an event to go on after.',
  },
  'instance.not_found': { status: 404, title: 'There is no such instance' },
  'suggestion.not_found': { status: 404, title: 'There is no such suggestion' },
  'team.not_found': { status: 404, title: 'There is no such team' },
  'team_member.not_found': { status: 404, title: 'The team has no such member' },
  'workflow_definition.not_found': { status: 404, title: 'There is no such workflow definition' },
  'workflow.not_found': { status: 404, title: 'There is no such workflow' },
  'step.not_found': { status: 404, title: 'There is no such step' },

  'agent.tool_target_unsupported': {
    status: 400,
    title: 'The runtime cannot execute this tool',
    hint: 'Give the tool an invokeUrl.',
  },
  'agent.reference_unknown': {
    status: 422,
    title: 'The agent names something that does not exist',
    hint: 'Name agents of this tenant.',
  },
  'agent.running': {
    status: 409,
    title: 'The agent is in service',
    hint: 'Stop the agent first: POST /v1/agents/:agentId/stop.',
  },
  'agent.has_open_tasks': {
    status: 409,
    title: 'The agent has tasks that have not ended',
    hint: 'Cancel the tasks of the agent, or deploy it so that they end.',
  },
  'agent.in_use': {
    status: 409,
    title: 'The agent is a member of a team',
    hint: 'Remove it from the team first: DELETE /v1/teams/:teamId/members/:agentId.',
  },
  'agent.not_deployed': {
    status: 409,
    title: 'The agent is not in service',
    hint: 'Deploy the agent first: POST /v1/agents/:agentId/deploy.',
  },
  'agent.changed': {
    status: 409,
    title: 'The agent was changed meanwhile',
    hint: 'Ask for suggestions again: they rest on the agent as it is.',
    retryable: true,
  },
  'controller.busy': {
    status: 409,
    title: 'Another operation of this agent is under way',
    hint: 'Come back after Retry-After; the operation under way is among the deployments.',
    retryable: true,
  },
  provider_not_configured: {
    status: 409,
    title: 'The model provider is not configured',
    hint: 'Set the variable that detail names where the runtime runs.',
  },
  provider_unsupported: {
    status: 409,
    title: 'The model provider is not supported',
    hint: 'Use one of the providers that detail names.',
  },
  'task.batch_refused': {
    status: 422,
    title: 'The batch was refused, nothing was created',
    hint: 'Mend the tasks that details names, then send all again.',
  },
  'task.fork_step_invalid': {
    status: 400,
    title: 'The task cannot be forked at this step',
    hint: 'Use a step that detail names.',
  },
  'task.not_waiting': {
    status: 409,
    title: 'The task does not wait for this',
    hint: 'Read the task: waitingFor says what it waits for.',
  },
  'task.not_finished': { status: 409, title: 'The task has not ended', hint: 'Wait for the task to end.' },
  'task.trace_removed': {
    status: 409,
    title: 'The steps of the task have been removed',
    hint: 'Create the task anew; traceRetentionDays of the tenant says how long steps are kept.',
  },
  'task.not_failed': {
    status: 409,
    title: 'Only a failed task can be tried again',
    hint: 'Fork the task, or create it anew.',
  },

  'team.reference_unknown': {
    status: 422,
    title: 'The team names an agent that does not exist',
    hint: 'Name agents of this tenant.',
  },
  'team.member_exists': {
    status: 409,
    title: 'The agent is a member of the team already',
    hint: 'Name each agent once.',
  },
  'team.last_member': {
    status: 409,
    title: 'The last member stays',
    hint: 'Add another member first, or delete the team.',
  },
  'team.full': {
    status: 409,
    title: 'The team has no room for another member',
    hint: 'Remove a member first, or give part of the work to another team.',
  },
  'team.has_open_tasks': {
    status: 409,
    title: 'The team has tasks that have not ended',
    hint: 'Cancel the tasks of the team, or wait until they have ended.',
  },

  'workflow_definition.invalid': {
    status: 400,
    title: 'The workflow definition is not valid',
    hint: 'Correct the steps and fields that details names.',
  },
  'workflow_definition.has_open_workflows': {
    status: 409,
    title: 'The definition has workflows that have not ended',
    hint: 'Wait for its workflows, or cancel them; then delete it.',
  },
  'workflow.not_ended': {
    status: 409,
    title: 'The workflow has not ended',
    hint: 'Wait for the workflow to end, or cancel it.',
  },
  'workflow.not_failed': {
    status: 409,
    title: 'The workflow has nothing to try again',
    hint: 'Execute the definition anew.',
  },
  'workflow.step_not_waiting': {
    status: 409,
    title: 'The step does not wait for a decision',
    hint: 'Read the workflow: its steps say which of them wait.',
  },

  'webhook.not_found': { status: 404, title: 'There is no such webhook' },
  'webhook_delivery.not_found': { status: 404, title: 'There is no such delivery' },
  'webhook.disabled': { status: 409, title: 'The webhook is disabled', hint: 'Enable it first.' },
  'webhook.too_many': {
    status: 409,
    title: 'The tenant has as many webhooks as it may have',
    hint: 'Delete one first; one webhook can be told of several kinds of events.',
  },

  'member.last_owner': { status: 409, title: 'The last owner stays', hint: 'Make someone else an owner first.' },
  'billing.not_configured': {
    status: 501,
    title: 'This runtime has no billing provider',
    hint: 'The operator can set RUNCTL_STRIPE_API_KEY.',
  },
  'billing.provider_failed': {
    status: 503,
    title: 'The billing provider does not answer',
    hint: 'Try again; if it stays like this, the log of the runtime has the reason.',
    retryable: true,
  },

  'internal.error': {
    status: 500,
    title: 'The runtime failed',
    hint: 'Try again; the log of the runtime has the details under the requestId.',
    retryable: true,
  },
  'runtime.stopping': {
    status: 503,
    title: 'The runtime is about to stop',
    hint: 'Try again: another process answers, or this one when it is back.',
    retryable: true,
  },
  'store.unavailable': {
    status: 503,
    title: 'The database cannot be reached',
    hint: 'Try again; the operator looks after the database.',
    retryable: true,
  },
  'store.read_only': {
    status: 503,
    title: 'The database takes no writes',
    hint: 'Try again; the operator looks after the database.',
    retryable: true,
  },
  'store.full': {
    status: 507,
    title: 'The disk of the database is full',
    hint: 'The operator has to make room; the runtime goes on by itself then.',
  },
} as const satisfies Record<string, FailureKind>;

/** The code of a failure. */
export type FailureCode = keyof typeof failureKinds;

/** A resource whose absence has a code of its own. */
export type ResourceName = FailureCode extends infer Code
  ? Code extends `${infer Name}.not_found`
    ? Name
    : never
  : never;

/** It does not exist, or belongs to another tenant. */
const absenceHint = 'Look at the id, and whether the key belongs to the tenant that has it.';

/** What the table says of a code. */
export function failureKind(code: FailureCode): FailureKind & { hint: string } {
  return { hint: absenceHint, ...failureKinds[code] };
}
