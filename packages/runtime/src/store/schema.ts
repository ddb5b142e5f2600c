import type { TaskPriority, TaskStatus, TraceStepKind } from '@runctl/tasks';
import type { EventRow, ServerSecretRow } from './event-row.ts';
import type { OutboxTables } from './outbox-rows.ts';
import type { AgentLogRow, FeedbackRow, InstanceRow } from './service-rows.ts';
import type { StatisticsTables } from './statistics-rows.ts';
import type { TeamMemberRow, TeamRow, TeamVersionRow } from './team-rows.ts';
import type { TreeCallRow } from './tree-call-row.ts';
import type {
  WorkflowDefinitionRow,
  WorkflowDefinitionVersionRow,
  WorkflowRow,
  WorkflowSignalRow,
  WorkflowStepRow,
} from './workflow-rows.ts';

// The rows as both homes keep them. Instants are milliseconds since the epoch, flags 0 or 1, money whole millionths
// of a US dollar (null: a price was unknown), and a member called Json is JSON as text.

type Json = string;

/** One customer of the runtime. */
export interface TenantRow {
  id: string;
  name: string;
  status: string;
  plan: string;
  settings: Json;
  limits: Json;
  /** Signs what tools receive; `whsec_` and base64. */
  signing_secret: string;
  /** Tasks that may run at once: the limit as the scheduler reads it. Null: no limit. */
  most_running: number | null;
  /** 1: nothing of it is started, since its spend limit is reached. */
  held: number;
  /** Of a billing period. Null: no limit. */
  spend_limit_microusd: number | null;
  on_spend_limit: string;
  created_at: number;
  updated_at: number;
}

/** A key of a tenant: its hash, never itself. */
export interface ApiKeyRow {
  id: string;
  tenant_id: string;
  /** The member whose key it is; null for a key of a machine. */
  user_id: string | null;
  name: string;
  prefix: string;
  /** SHA-256 of the key, hexadecimal. */
  hash: string;
  role: string;
  scopes: Json;
  created_at: number;
  expires_at: number | null;
  last_used_at: number | null;
  revoked_at: number | null;
}

/** The recorded answer of a request that carried an `Idempotency-Key`. */
export interface IdempotencyKeyRow {
  tenant_id: string;
  route: string;
  idempotency_key: string;
  request_hash: string;
  status: number;
  body: string;
  created_at: number;
}

/** A label of an agent or a task, kept apart from it so that lists can filter by an index. */
export interface LabelRow {
  tenant_id: string;
  resource_id: string;
  label: string;
  value: string;
}

/** An agent: its newest configuration and what runs of it. */
export interface AgentRow {
  id: string;
  tenant_id: string;
  name: string;
  type: string;
  status: string;
  version: number;
  deployed_version: number | null;
  desired_replicas: number;
  /** Slots that take tasks now. */
  ready_replicas: number;
  /** The operation whose slots are the ones to have; those of earlier ones give way. */
  generation: string;
  config: Json;
  /** Name and description in lower case: what `search` looks in. */
  search_text: string;
  created_at: number;
  updated_at: number;
  deleted_at: number | null;
}

/** An immutable version of an agent's configuration. */
export interface AgentVersionRow {
  agent_id: string;
  version: number;
  tenant_id: string;
  config: Json;
  created_at: number;
}

/** One control operation of an agent. */
export interface DeploymentRow {
  id: string;
  tenant_id: string;
  agent_id: string;
  agent_version: number;
  reason: string;
  status: string;
  strategy: string;
  previous_replicas: number;
  desired_replicas: number;
  ready_replicas: number;
  error: Json | null;
  version: number;
  started_at: number;
  finished_at: number | null;
  /** Whose slots the agent has when it is done. */
  generation: string;
  /** What the agent goes back to where this fails. */
  previous_version: number | null;
  previous_generation: string;
  /** Of a stop: when tasks that still run are handed back. */
  drain_until: number | null;
}

/** Totals of the executed steps; inherited steps count nothing. */
export interface UsageColumns {
  steps: number;
  model_calls: number;
  tool_calls: number;
  input_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  output_tokens: number;
  reasoning_tokens: number;
  cost_microusd: number | null;
}

/** A task. `owner` and `epoch` fence its writes: only the claim that made the newest epoch may write. */
export interface TaskRow extends UsageColumns {
  id: string;
  tenant_id: string;
  agent_id: string | null;
  agent_version: number | null;
  /** Of a root task that was given to a team. */
  team_id: string | null;
  /** The version of the team that it keeps. */
  team_version: number | null;
  workflow_id: string | null;
  batch_id: string | null;
  parent_task_id: string | null;
  /** Of a task that was handed out: the task at the root of its tree. */
  root_task_id: string | null;
  /** Hand-overs above it; 0 at the root. */
  depth: number;
  retry_of: string | null;
  forked_from_task: string | null;
  forked_from_step: number | null;
  /** Of a fork: `[{ taskId, from, to }]`, whose steps stand before its own, oldest first. */
  ancestry: Json | null;
  /** Of a fork: the encoded state at entry of its first own step, overrides applied. */
  start_state: Json | null;
  side_effects: string | null;
  status: TaskStatus;
  priority: TaskPriority;
  /** Creation time less the head start of the priority: the smallest goes first. */
  order_key: number;
  input: Json;
  memory: Json | null;
  output_schema: Json | null;
  timeout_seconds: number | null;
  max_cost_microusd: number | null;
  scheduled_for: number | null;
  expires_at: number | null;
  owner: string | null;
  epoch: number;
  attempt: number;
  /** Times a worker was lost under it. */
  losses: number;
  waiting_for: Json | null;
  result: Json | null;
  error: Json | null;
  simulated: number;
  metadata: Json;
  labels: Json;
  version: number;
  created_at: number;
  started_at: number | null;
  finished_at: number | null;
  updated_at: number;
  /** Since when it holds no slot, between its first start and its end. */
  paused_at: number | null;
  /** Milliseconds that earlier pauses took; they do not count as running. */
  paused_ms: number;
}

/** One executed step: the trace, the checkpoint and the ledger entry in one row. */
export interface StepRow {
  task_id: string;
  step: number;
  tenant_id: string;
  kind: TraceStepKind;
  name: string;
  /** `waiting`: for a person or a child task, which completes this very row. */
  status: 'completed' | 'failed' | 'waiting';
  /** The state at entry, encoded: messages by their hashes in `contents`. */
  entry: Json;
  input: Json;
  output: Json;
  error: Json | null;
  model: Json | null;
  tool: Json | null;
  child_task_id: string | null;
  input_tokens: number | null;
  cache_read_tokens: number | null;
  cache_write_tokens: number | null;
  output_tokens: number | null;
  reasoning_tokens: number | null;
  cost_microusd: number | null;
  started_at: number;
  /** Null while it waits. */
  finished_at: number | null;
}

/** An immutable piece of a snapshot (a message, a page of hashes, a memory), stored once a tenant and day by its hash. */
export interface ContentRow {
  tenant_id: string;
  hash: string;
  /** On which it was written, counted from that of the epoch. */
  day: number;
  body: Json;
}

/** A process that runs tasks. */
export interface WorkerRow {
  id: string;
  host: string;
  pid: number;
  /** Of the session lock that proves its life on Postgres. */
  lock_key: number;
  started_at: number;
  /** By the clock of the database. */
  heartbeat_at: number;
  /** How late its timers were at worst, of late. */
  event_loop_lag_ms: number | null;
  /** Tasks that it may run at once; 0: it takes nothing more. Null: it did not say. */
  slots: number | null;
}

/** A person in a tenant. */
export interface MemberRow {
  tenant_id: string;
  user_id: string;
  /** As the person gave it; nobody has proved it, so it decides nothing. */
  email: string;
  name: string | null;
  role: string;
  joined_at: number;
}

/** A code that lets people join a tenant. */
export interface InviteRow {
  id: string;
  tenant_id: string;
  code: string;
  /** SHA-256 of the code, hexadecimal: what a redemption looks it up by. */
  code_hash: string;
  role: string;
  max_uses: number;
  uses: number;
  created_at: number;
  expires_at: number;
  revoked_at: number | null;
}

/** How much of a quota is used in a period. There only while the tenant has the limit. */
export interface QuotaCounterRow {
  tenant_id: string;
  resource: string;
  period_start: number;
  used: number;
}

/** A token bucket that processes share: when it will be full again, microseconds since the epoch. */
export interface RateBucketRow {
  id: string;
  full_at_us: number;
}

/** Who changed what. Never changed, never removed. */
export interface AuditRow {
  id: string;
  tenant_id: string;
  actor: string;
  action: string;
  target: string;
  created_at: number;
}

/** What model calls that ended within an hour used; simulated ones are left out. */
export interface UsageHourRow {
  tenant_id: string;
  /** Its first instant. */
  hour: number;
  agent_id: string;
  model_provider: string;
  model: string;
  input_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  output_tokens: number;
  reasoning_tokens: number;
  /** Of the calls whose price is known. */
  cost_microusd: number;
  /** Input and output of the calls whose price is not. */
  unpriced_tokens: number;
}

/** Up to when a tenant's ledger is summed up in `usage_hours`. */
export interface UsageFoldRow {
  tenant_id: string;
  /** Exclusive. */
  folded_until: number;
}

/** A task whose steps have been removed, since they were older than its tenant keeps them. */
export interface RemovedTraceRow {
  task_id: string;
  tenant_id: string;
  removed_at: number;
}

/** A tenant at the billing provider. */
export interface BillingAccountRow {
  tenant_id: string;
  customer_id: string;
  subscription_id: string | null;
  status: string;
  period_start: number | null;
  period_end: number | null;
  /** Of the provider's newest word on the subscription. */
  changed_at: number;
  /** Up to when the usage has been reported to the provider. */
  reported_until: number;
}

/** An event of the billing provider that has been dealt with. */
export interface BillingEventRow {
  id: string;
  received_at: number;
}

/** All tables, by name. */
export interface Database extends OutboxTables, StatisticsTables {
  tenants: TenantRow;
  api_keys: ApiKeyRow;
  idempotency_keys: IdempotencyKeyRow;
  labels: LabelRow;
  agents: AgentRow;
  agent_versions: AgentVersionRow;
  deployments: DeploymentRow;
  instances: InstanceRow;
  agent_logs: AgentLogRow;
  feedback: FeedbackRow;
  tasks: TaskRow;
  steps: StepRow;
  contents: ContentRow;
  workers: WorkerRow;
  events: EventRow;
  server_secrets: ServerSecretRow;
  members: MemberRow;
  invites: InviteRow;
  quota_counters: QuotaCounterRow;
  rate_buckets: RateBucketRow;
  audit_log: AuditRow;
  usage_hours: UsageHourRow;
  usage_folds: UsageFoldRow;
  removed_traces: RemovedTraceRow;
  tree_calls: TreeCallRow;
  billing_accounts: BillingAccountRow;
  billing_events: BillingEventRow;
  teams: TeamRow;
  team_versions: TeamVersionRow;
  team_members: TeamMemberRow;
  workflow_definitions: WorkflowDefinitionRow;
  workflow_definition_versions: WorkflowDefinitionVersionRow;
  workflows: WorkflowRow;
  workflow_steps: WorkflowStepRow;
  workflow_signals: WorkflowSignalRow;
}
