// biome-ignore-all lint: users have written these lines; they compile as they stand.
import {
  type Agent,
  type AgentTeam,
  type AgentType,
  type CreateAgentInput,
  type CreateTaskInput,
  isRetryableError,
  type PaginatedResponse,
  Runctl,
  RunctlAuthenticationError,
  RunctlAuthorizationError,
  RunctlError,
  RunctlNetworkError,
  RunctlNotFoundError,
  RunctlQuotaExceededError,
  RunctlRateLimitError,
  RunctlServerError,
  RunctlValidationError,
  type Task,
  type TaskStatus,
  type Tenant,
  type WorkflowDefinition,
  type WorkflowState,
  type WorkflowStatus,
} from './index.ts';

// The samples of the README that the SDK was born with: teams, workflows, tenants, errors and types. What it imports
// without using it stands here.

export const imported = [RunctlError, RunctlAuthorizationError, RunctlServerError, RunctlNetworkError];
export type Imported = [
  AgentTeam,
  WorkflowState,
  WorkflowDefinition,
  Tenant,
  AgentType,
  TaskStatus,
  WorkflowStatus,
  CreateAgentInput,
  CreateTaskInput,
];

export async function createTeam(client: Runctl) {
  const team = await client.teams.create({
    name: 'Research Team',
    description: 'A team for research and analysis tasks',
    members: [
      { agentId: 'agt_researcher', role: 'researcher' },
      { agentId: 'agt_analyzer', role: 'analyzer' },
      { agentId: 'agt_writer', role: 'writer' },
    ],
  });
}

export async function manageTeamMembers(client: Runctl, teamId: string) {
  // Add a member
  await client.teams.addMember(teamId, {
    agentId: 'agt_reviewer',
    role: 'reviewer',
  });
  // Remove a member
  await client.teams.removeMember(teamId, 'agt_reviewer');
  // List members
  const members = await client.teams.listMembers(teamId);
}

export async function deployTeams(client: Runctl, teamId: string) {
  // Deploy all team members
  await client.teams.deploy(teamId);
  // Stop all team members
  await client.teams.stop(teamId);
  // Get team metrics
  const metrics = await client.teams.getMetrics(teamId);
}

export async function createWorkflowDefinition(client: Runctl) {
  const definition = await client.workflowDefinitions.create({
    name: 'Content Pipeline',
    description: 'Research, write, and review content',
    pattern: 'sequential',
    steps: [
      {
        stepId: 'research',
        name: 'Research Topic',
        agentId: 'agt_researcher',
      },
      {
        stepId: 'write',
        name: 'Write Draft',
        agentId: 'agt_writer',
        dependsOn: ['research'],
      },
      {
        stepId: 'review',
        name: 'Review & Edit',
        agentId: 'agt_editor',
        dependsOn: ['write'],
      },
    ],
  });
}

export async function executeWorkflows(client: Runctl) {
  // Start a workflow
  const workflow = await client.workflows.execute({
    workflowDefinitionId: 'wfd_123',
    input: { topic: 'AI in Healthcare' },
  });
  // Execute and wait for completion
  const completed = await client.workflows.executeAndWait(
    {
      workflowDefinitionId: 'wfd_123',
      input: { topic: 'AI in Healthcare' },
    },
    {
      timeoutMs: 600000,
      onUpdate: (state) => {
        console.log(`Step: ${state.currentStepId}, Status: ${state.status}`);
      },
    },
  );
  // Check workflow status
  if (client.workflows.isCompleted(completed)) {
    console.log('Output:', completed.output);
  } else if (client.workflows.isFailed(completed)) {
    console.log('Error:', completed.error);
  }
}

export async function monitorWorkflows(client: Runctl) {
  // Get workflow details
  const workflow = await client.workflows.getById('wfl_123');
  // Get step details
  const steps = await client.workflows.getSteps('wfl_123');
  steps.forEach((step) => {
    console.log(`${step.stepId}: ${step.status}`);
  });
  // Get workflow metrics
  const metrics = await client.workflows.getMetrics('wfl_123');
  console.log(`Duration: ${metrics.durationSeconds}s`);
  console.log(`Completed: ${metrics.stepCounts.completed}/${metrics.stepCounts.total}`);
  // Cancel a running workflow
  await client.workflows.cancel('wfl_123');
}

export async function usageAndMetrics(client: Runctl, tenantId: string) {
  // Get current usage
  const usage = await client.tenants.getUsage(tenantId);
  console.log(`Active agents: ${usage.activeAgents}`);
  console.log(`Tasks today: ${usage.tasksToday}`);
  // Get usage history
  const history = await client.tenants.getUsageHistory(tenantId, { period: '30d' });
  // Get token usage history
  const tokens = await client.tenants.getTokenUsageHistory(tenantId, { period: '7d' });
  // Get cost history
  const costs = await client.tenants.getCostHistory(tenantId, { period: '30d' });
}

export async function billing(client: Runctl, tenantId: string) {
  const billing = await client.tenants.getBillingSummary(tenantId);
  console.log(`Current spend: $${billing.currentSpend}`);
  console.log(`Period: ${billing.periodStart} to ${billing.periodEnd}`);
  // Create a billing portal session
  const portal = await client.tenants.createPortalSession(tenantId, {
    returnUrl: 'https://app.example.com/billing',
  });
  // Redirect user to portal.portalUrl
  // Create a checkout session for payment setup
  const checkout = await client.tenants.createCheckoutSession(tenantId, {
    returnUrl: 'https://app.example.com/success',
    cancelUrl: 'https://app.example.com/cancel',
  });
}

export async function teamMembers(client: Runctl, tenantId: string, userId: string) {
  // List members
  const members = await client.tenants.listMembers(tenantId);
  // Update member role
  await client.tenants.updateMemberRole(tenantId, userId, {
    role: 'admin',
  });
  // Remove member
  await client.tenants.removeMember(tenantId, userId);
  // Create invite code
  const invite = await client.tenants.createInviteCode(tenantId, {
    role: 'member',
    expiresInDays: 30,
    maxUses: 10,
  });
  console.log(`Invite code: ${invite.inviteCode}`);
  // List and revoke invite codes
  const codes = await client.tenants.listInviteCodes(tenantId);
  await client.tenants.revokeInviteCode(tenantId, 'ABC123XYZ');
}

export async function notificationPreferences(client: Runctl, tenantId: string) {
  const prefs = await client.tenants.getNotificationPreferences(tenantId);
  // Update preferences
  await client.tenants.updateNotificationPreferences(tenantId, {
    emailEnabled: true,
    emailRecipients: ['[email protected]'],
    thresholds: [50, 80, 100],
    webhookEnabled: true,
    webhookUrl: 'https://example.com/webhooks/billing',
  });
}

export async function errorHandling(client: Runctl) {
  try {
    const agent = await client.agents.getById('agt_invalid');
  } catch (error) {
    if (error instanceof RunctlNotFoundError) {
      console.log(`Agent not found: ${error.resourceId}`);
    } else if (error instanceof RunctlAuthenticationError) {
      console.log('Invalid API key');
    } else if (error instanceof RunctlRateLimitError) {
      console.log(`Rate limited. Retry after ${error.retryAfter} seconds`);
    } else if (error instanceof RunctlValidationError) {
      console.log('Validation error:', error.details);
    } else if (error instanceof RunctlQuotaExceededError) {
      console.log(`Quota exceeded: ${error.resource}`);
    } else if (isRetryableError(error)) {
      console.log('Transient error, safe to retry');
    }
  }
}

export async function typeScriptSupport(client: Runctl) {
  // All method parameters and return types are fully typed
  const agent: Agent = await client.agents.create({
    name: 'My Agent',
    type: 'reactive',
    modelProvider: 'openai',
    model: 'gpt-4o-mini',
    systemPrompt: 'You are helpful.',
  });
  // Pagination types
  const response: PaginatedResponse<Task> = await client.tasks.list();
}

export async function customHeaders() {
  const client = new Runctl({
    apiKey: 'your-api-key',
    headers: {
      'X-Request-ID': 'custom-request-id',
      'X-Correlation-ID': 'trace-123',
    },
  });
}

export async function pollingWithBackoff(client: Runctl) {
  const workflow = await client.workflows.pollUntilComplete('wfl_123', {
    intervalMs: 1000, // Start with 1 second
    backoffFactor: 1.5, // Multiply by 1.5 each time
    maxIntervalMs: 30000, // Cap at 30 seconds
    timeoutMs: 600000, // 10 minute timeout
    maxRetries: 5, // Max consecutive failures
    onUpdate: (state) => {
      console.log(`Status: ${state.status}`);
    },
  });
}

export async function iterateAllResources(client: Runctl) {
  // Auto-paginate through all tasks
  for await (const task of client.tasks.listAll({
    status: 'completed',
    fromDate: new Date('2026-01-01'),
  })) {
    // Process each task
    console.log(task.id);
  }
}
