import type { AgentId, InstanceId, Timestamp } from '@runctl/core';

/** One running copy of an agent: a slot of a worker, one task at a time. */
export interface AgentInstance {
  /** Its id. */
  id: InstanceId;
  /** The agent that it is a copy of. */
  agentId: AgentId;
  /** The version that new tasks of it run. */
  agentVersion: number;
  /** `draining`: ends its task, takes no other. `lost`: its worker sent no heartbeat for 30 seconds. */
  status: 'starting' | 'ready' | 'busy' | 'draining' | 'stopped' | 'lost';
  /** The worker that holds it. */
  workerId: string;
  /** The worker's host name. */
  host: string;
  /** The task it works on, or null. */
  currentTaskId: string | null;
  /** Tasks completed since it started. */
  completedTasks: number;
  /** Tasks failed since it started. */
  failedTasks: number;
  /** Times it was started anew. */
  restarts: number;
  /** When it started. */
  startedAt: Timestamp;
  /** When its worker last said that it lives; every 10 seconds. */
  lastHeartbeatAt: Timestamp;
}

/** One thing that was looked at to judge an instance. */
export interface HealthCheck {
  /** What was looked at. */
  name: 'heartbeat' | 'progress' | 'event_loop' | 'provider';
  /** Whether the value is within the threshold. */
  ok: boolean;
  /** What was measured, in `unit`; null where there was nothing to measure. */
  value: number | null;
  /** The worst value that is still right, in `unit`. */
  threshold: number;
  /** Of `value` and `threshold`, e.g. `seconds`. */
  unit: string;
}

/** How an instance fares. A heartbeat alone lies: progress while busy and the worker's event loop count too. */
export interface InstanceHealth {
  /** The instance. */
  instanceId: InstanceId;
  /** The sum of the checks. */
  status: 'healthy' | 'degraded' | 'unhealthy';
  /** What was looked at. */
  checks: HealthCheck[];
  /** When. */
  checkedAt: Timestamp;
}
