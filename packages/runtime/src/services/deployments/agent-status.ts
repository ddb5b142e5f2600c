import type { AgentStatus } from '@runctl/agents';

// What an agent is said to be follows from its slots and its operation:
//
//   draft --deploy--> deploying --a slot is ready--> running <--too few slots, or the provider fails--> degraded
//   running or degraded --stop--> stopping --nothing runs any more--> stopped --deploy, restart--> deploying
//   deploying --no slot came up--> failed --deploy, restart, rollback--> deploying

/** Tasks in a row that the provider made fail, after which a slot counts as impaired. */
export const mostProviderErrors = 3;

/** What an agent's status follows from. */
export interface ServiceState {
  /** Before. */
  status: string;
  /** The operation that is under way or has just ended. */
  operation: { reason: string; status: string } | undefined;
  desired: number;
  ready: number;
  /** Of each ready slot: tasks in a row that the provider made fail. */
  providerErrors: readonly number[];
}

/** What the agent is said to be now. */
export function statusOfAgent({ status, operation, desired, ready, providerErrors }: ServiceState): AgentStatus {
  if (operation?.reason === 'stop') return operation.status === 'in_progress' ? 'stopping' : 'stopped';
  if (operation === undefined && isOut(status)) return status;
  if (ready === 0 && operation?.status === 'failed') return desired > 0 ? 'degraded' : 'failed';
  if (ready === 0 && operation?.status === 'in_progress' && !isServing(status)) return 'deploying';
  const isImpaired = ready > 0 && providerErrors.every((errors) => errors >= mostProviderErrors);
  const isShort = ready < desired && operation?.status !== 'in_progress';
  return isImpaired || isShort ? 'degraded' : 'running';
}

function isOut(status: string): status is 'draft' | 'stopped' | 'failed' {
  return status === 'draft' || status === 'stopped' || status === 'failed';
}

function isServing(status: string): boolean {
  return status === 'running' || status === 'degraded';
}
