import type { AgentId, DeploymentId, Timestamp } from '@runctl/core';

/** How instances change over. `rolling`: one at a time, never fewer ready than before. `immediate`: all at once. */
export type RolloutStrategy = 'rolling' | 'immediate';

/** How to bring an agent into service. */
export interface DeployAgentInput {
  /** Instances, 1 or more; each runs one task at a time. Default 1, or what the agent had before. */
  replicas?: number;
  /** How instances change over. Default `rolling`. */
  strategy?: RolloutStrategy;
}

/** How many instances an agent shall have. */
export interface ScaleAgentInput {
  /** Instances, 0 or more; 0 pauses the agent, its tasks stay queued. */
  desiredReplicas: number;
  /** How instances change over. Default `rolling`. */
  strategy?: RolloutStrategy;
}

/** How to take an agent out of service. */
export interface StopAgentInput {
  /** Seconds that running tasks get to end, 0 or more. Default 30. */
  drainSeconds?: number;
}

/** How to start an agent's instances anew. */
export interface RestartAgentInput {
  /** How instances change over. Default `rolling`. */
  strategy?: RolloutStrategy;
}

/** Which version to go back to. */
export interface RollbackAgentInput {
  /** A version of the agent, from 1. Default: the one before the current. */
  toVersion?: number;
}

/** One change of an agent's instances: a deploy, a scale, a stop, a restart or a rollback. */
export interface Deployment {
  /** Its id. */
  id: DeploymentId;
  /** The agent whose instances change. */
  agentId: AgentId;
  /** The version that the instances have afterwards. */
  agentVersion: number;
  /** What asked for it. */
  reason: 'deploy' | 'scale' | 'stop' | 'restart' | 'rollback';
  /** Where it stands. The last two never change. */
  status: 'in_progress' | 'succeeded' | 'failed';
  /** How instances change over. */
  strategy: RolloutStrategy;
  /** Counts of instances. */
  replicas: {
    /** Before it began. */
    previous: number;
    /** When it is done. */
    desired: number;
    /** Now. */
    ready: number;
  };
  /** Why it failed, else null. */
  error: {
    /** Stable, for branching, e.g. `provider_not_configured`. */
    code: string;
    /** For people. */
    message: string;
  } | null;
  /** Grows with every change; what a long poll waits for. */
  version: number;
  /** When it began. */
  startedAt: Timestamp;
  /** When it ended; null while it runs. */
  finishedAt: Timestamp | null;
}
