import type { AgentId, PeriodWindow, SuggestionId } from '@runctl/core';
import type { UpdateAgentInput } from './agent.ts';
import type { LatencyStats } from './agent-metrics.ts';

/** A share with its sample size. Below 20 samples `value` and the interval are null: not enough data. */
export interface Rate {
  /** 0 to 1, or null. */
  value: number | null;
  /** Samples. */
  n: number;
  /** Lower end of the Wilson interval, 95 %. */
  low: number | null;
  /** Upper end of the Wilson interval, 95 %. */
  high: number | null;
}

/** How one version of an agent did. */
export interface AgentVersionPerformance {
  /** The version, from 1. */
  version: number;
  /** Its tasks that ended. */
  tasks: number;
  /** Completed of completed and failed. */
  successRate: Rate;
  /** Approved feedback of all feedback. */
  approvalRate: Rate;
  /** From start to end of a task. */
  duration: LatencyStats;
  /** Steps of a task, on average. */
  stepsPerTask: number | null;
  /** US dollars for each completed task; null where a price is unknown. */
  costUsdPerSuccess: number | null;
}

/** An agent's versions side by side. Simulated tasks are left out. */
export interface AgentPerformance extends PeriodWindow {
  /** The agent. */
  agentId: AgentId;
  /** A row for each version that had tasks, newest first. */
  versions: AgentVersionPerformance[];
}

/** How people decided on one tool's calls. */
export interface ToolApprovals {
  /** The tool. */
  name: string;
  /** Calls approved. */
  approved: number;
  /** Calls rejected. */
  rejected: number;
}

/** How often people agreed with an agent: three rates, never mixed. Simulated tasks are left out. */
export interface ApprovalRates extends PeriodWindow {
  /** The agent. */
  agentId: AgentId;
  /** Tool calls that asked for approval. */
  toolCalls: Rate & {
    /** Approved with other arguments. */
    edited: number;
    /** Not decided in time. */
    timedOut: number;
    /** A row for each tool. */
    byTool: ToolApprovals[];
  };
  /** Feedback on results. */
  feedback: Rate;
  /** Approval steps of workflows that came right behind a task of the agent. A decision too late is none. */
  workflowApprovals: Rate;
}

/** Work that led nowhere. */
export interface AgentWaste {
  /** In which way. */
  kind: 'failed' | 'cancelled' | 'max_steps' | 'loop' | 'repeated_tool_call';
  /** Tasks that had it. */
  tasks: number;
  /** US dollars spent on it; null where a price is unknown. */
  costUsd: number | null;
}

/** Failures of one kind, counted together. */
export interface AgentFailureGroup {
  /** Code of the task's error. */
  code: string;
  /** The tool that failed, or null. */
  toolName: string | null;
  /** An example of its message. */
  message: string;
  /** Failures. */
  count: number;
  /** Some of the tasks, newest first. */
  taskIds: string[];
}

/** A proposal from a rule, with its evidence; nothing is applied by itself. */
export interface OptimizationSuggestion {
  /** Its id, for `applySuggestion`. */
  id: SuggestionId;
  /** The rule that found it. */
  rule: string;
  /** What to do, in a line. */
  title: string;
  /** Why. */
  evidence: {
    /** The finding in words. */
    text: string;
    /** Samples it rests on. */
    n: number;
    /** Some of the tasks. */
    taskIds: string[];
  };
  /** What the update would be. */
  change: UpdateAgentInput;
}

/** Where an agent loses time and money, and what to try. Simulated tasks are left out. */
export interface OptimizationMetrics extends PeriodWindow {
  /** The agent. */
  agentId: AgentId;
  /** Work that led nowhere, by kind. */
  waste: AgentWaste[];
  /** Failures, most frequent first. */
  failures: AgentFailureGroup[];
  /** Proposals, strongest evidence first. */
  suggestions: OptimizationSuggestion[];
}
