import type { AgentId, JsonObject, Labels, ListQuery, Open, TenantId, Timestamp } from '@runctl/core';
import type { AgentTool, BuiltInTool } from './agent-tool.ts';

/**
 * How an agent works; each type is another loop, to be seen in its traces.
 * `reactive`: model and tools until an answer. `deliberative`: a plan, then its items. `reflective`: draft, critique,
 * revision. `supervisor`: hands work to members. `router`: chooses one member.
 */
export type AgentType = 'reactive' | 'deliberative' | 'reflective' | 'supervisor' | 'router';

/** Where an agent stands. `degraded`: fewer instances are ready than desired. */
export type AgentStatus = 'draft' | 'deploying' | 'running' | 'degraded' | 'stopping' | 'stopped' | 'failed';

/** Who serves the model. `simulated` needs no key and no network, and is marked as simulated everywhere. */
export type ModelProvider = Open<'openai' | 'anthropic' | 'google' | 'openai-compatible' | 'ollama' | 'simulated'>;

/** What bounds each task of an agent. */
export interface AgentLimits {
  /** Model and tool calls a task may make, hand-overs counted, decisions of people not. 1 or more. Default 20. */
  maxSteps: number;
  /** Seconds a task may run, waits for people not counted. Default 600. */
  taskTimeoutSeconds: number;
  /** US dollars a task may cost, checked before each model call. Null: no limit. Default null. */
  maxCostUsdPerTask: number | null;
  /**
   * Seconds that people have to decide on a tool call or to answer a question. Then the call is rejected, and a task
   * whose question nobody answered fails with `expired`. Null: no end. Default null.
   */
  actionTimeoutSeconds: number | null;
}

/** How the model is asked. What is left out is the provider's default. */
export interface ModelConfig {
  /** Randomness of the answer, 0 to 2. */
  temperature?: number;
  /** Nucleus sampling, above 0 to 1. */
  topP?: number;
  /** Tokens of one answer, reasoning included. */
  maxOutputTokens?: number;
  /** The same seed asks the provider for the same answer, where it can. */
  seed?: number;
  /** URL of an OpenAI-compatible or Ollama server, for these providers. */
  baseUrl?: string;
}

/** What one instance of an agent may use. */
export interface AgentResources {
  /** Mebibytes of memory. */
  memoryMB?: number;
  /** CPU shares; 1024 is one core. */
  cpuUnits?: number;
}

/** Whom a supervisor or a router may hand work to. */
export interface AgentMember {
  /** The agent that gets the work. */
  agentId: string;
  /** What it is in this group, shown to the model. */
  role: string;
  /** When to choose it, in words for the model. */
  when?: string;
}

/** All that makes up an agent. */
export interface AgentConfig {
  /** Shown to people; need not be unique. 1 to 200 characters. */
  name: string;
  /** For people; the model does not see it. Default null. */
  description?: string | null;
  /** The loop that its tasks run. */
  type: AgentType;
  /** Who serves the model. One that the runtime does not have is refused; a missing key is told at deploy. */
  modelProvider: ModelProvider;
  /** The provider's name of the model, e.g. `gpt-4o-mini`. */
  model: string;
  /** How the model is asked. Default: as the provider does. */
  modelConfig?: ModelConfig;
  /** The instruction that precedes every task. */
  systemPrompt: string;
  /** Built-in tools by name, your own as objects. Default none. */
  tools?: (BuiltInTool | AgentTool)[];
  /** What one instance may use; see `resourceEnforcement` of the agent. */
  resources?: AgentResources;
  /** What bounds each task; what is left out has its default. */
  limits?: Partial<AgentLimits>;
  /** Of a supervisor or a router: whom it may hand work to. Default none. */
  members?: AgentMember[];
  /** Of a reflective agent: what a draft is judged by. Default none. */
  rubric?: string[];
  /** Yours; returned as it is, never searched. Default `{}`. */
  metadata?: JsonObject;
  /** Yours; lists can be filtered by them. Default `{}`. */
  labels?: Labels;
}

/** What makes a new agent. */
export type CreateAgentInput = AgentConfig;

/** A new version of the agent: what is left out stays. A running task keeps the version that it started with. */
export type UpdateAgentInput = Partial<AgentConfig>;

/** An agent as the runtime keeps it. */
export interface Agent extends Required<Omit<AgentConfig, 'members' | 'rubric'>> {
  /** Its id. */
  id: AgentId;
  /** The tenant that owns it. */
  tenantId: TenantId;
  /** Where it stands. */
  status: AgentStatus;
  /** From 1; grows with every update. */
  version: number;
  /** Instances: how many there should be, how many are ready. Each runs one task at a time. */
  replicas: {
    /** As last deployed or scaled. */
    desired: number;
    /** Now. */
    ready: number;
  };
  /** What bounds each task. */
  limits: AgentLimits;
  /** `advisory` where this runtime does not isolate instances: nothing is pretended. */
  resourceEnforcement: 'enforced' | 'advisory';
  /** Of a supervisor or a router; else empty. */
  members: AgentMember[];
  /** Of a reflective agent; else empty. */
  rubric: string[];
  /** When it was created. */
  createdAt: Timestamp;
  /** When it last changed. */
  updatedAt: Timestamp;
}

/** Which agents a list holds. */
export interface ListAgentsQuery extends ListQuery {
  /** One status, or any of several. */
  status?: AgentStatus | AgentStatus[];
  /** Agents of this type. */
  type?: AgentType;
  /** Text in the name or the description, in any case. */
  search?: string;
  /** Agents that have all of these labels. */
  label?: Labels;
}
