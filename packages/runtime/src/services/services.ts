import type { AgentType } from '@runctl/agents';
import { sql } from 'kysely';
import { LiveOutput } from '../engine/output-deltas.ts';
import type { LoopRegistry } from '../loops/loop.ts';
import type { ModelGateway } from '../models/model.ts';
import type { Store } from '../store/store.ts';
import type { ToolBox } from '../tools/tool.ts';
import { type AccountServices, createAccounts } from './accounts.ts';
import { ActionService } from './actions.ts';
import { AgentMetricsService } from './agent-metrics.ts';
import { AgentService } from './agents.ts';
import { AnalyticsService } from './analytics.ts';
import type { BillingSettings } from './billing/billing-settings.ts';
import { ComparisonService } from './comparisons.ts';
import { AgentWatch } from './deployments/agent-watch.ts';
import { aloneHome, type SlotHome } from './deployments/slot-home.ts';
import { DeploymentService } from './deployments.ts';
import { EventStreams } from './events/event-streams.ts';
import { createEventServices, type EventServices } from './events.ts';
import { FeedbackService } from './feedback.ts';
import { ForkService } from './forks.ts';
import { IdempotentWrites } from './idempotent-writes.ts';
import { InstanceService } from './instances.ts';
import { createNotices, type NoticeServices, type NoticeSettings } from './notices.ts';
import { PastCounts } from './past-counts.ts';
import { ServerSecrets } from './server-secrets.ts';
import { StreamTokens } from './stream-tokens.ts';
import { TaskStatsService } from './task-stats.ts';
import { TaskWatch } from './task-watch.ts';
import { TaskService } from './tasks.ts';
import { TeamMetricsService } from './teams/team-metrics.ts';
import { TeamRollouts } from './teams/team-rollouts.ts';
import { TeamService } from './teams.ts';
import { TenantScope } from './tenant-scope.ts';
import { TraceService } from './traces.ts';
import { WorkflowDefinitionService } from './workflow-definitions.ts';
import { PlanReader } from './workflows/find-workflow.ts';
import { workflowTransitions } from './workflows/workflow-transitions.ts';
import { WorkflowService } from './workflows.ts';

/** What the services are made of. */
export interface ServiceParts extends NoticeSettings {
  store: Store;
  gateway: Pick<ModelGateway, 'checkProvider'>;
  tools: Pick<ToolBox, 'describe' | 'check'>;
  loops: LoopRegistry;
  /** Types of agents that this runtime has a loop for; others are refused. */
  agentTypes: ReadonlySet<AgentType>;
  /** What models write right now. Default: nothing. */
  live?: LiveOutput;
  /** Where slots of agents may be. Default: in this process, which shares the store with nobody. */
  home?: SlotHome;
  /** How tenants are billed. Default: not at all. */
  billing?: BillingSettings;
  /** Makes tenants. Absent: nobody is the operator. */
  operatorKey?: string;
  /** Whether other processes serve the same database. Default false. */
  isShared?: boolean;
  /** Told where something that no request waits for fails. Default: nobody. */
  onError?: (error: unknown) => void;
  /** Milliseconds since the epoch. Default `Date.now`. */
  now?: () => number;
}

/** All that requests can ask for. */
export interface Services extends AccountServices, NoticeServices {
  /** The one way to change something. */
  writes: IdempotentWrites;
  agents: AgentService;
  deployments: DeploymentService;
  instances: InstanceService;
  agentMetrics: AgentMetricsService;
  analytics: AnalyticsService;
  tasks: TaskService;
  actions: ActionService;
  taskStats: TaskStatsService;
  /** How long the lists of tasks were. */
  pastCounts: PastCounts;
  feedback: FeedbackService;
  traces: TraceService;
  forks: ForkService;
  comparisons: ComparisonService;
  teams: TeamService;
  teamRollouts: TeamRollouts;
  teamMetrics: TeamMetricsService;
  workflowDefinitions: WorkflowDefinitionService;
  workflows: WorkflowService;
  events: EventServices;
  eventStreams: EventStreams;
  streamTokens: StreamTokens;
  tools: Pick<ToolBox, 'describe'>;
  taskWatch: TaskWatch;
  agentWatch: AgentWatch;
  /** What a tenant may read. */
  scopeOf(tenantId: string): TenantScope;
  /** What the operator, and who is in no tenant yet, may read. */
  scopeAboveTenants(tenantId: string): TenantScope;
  /** Rejects where the database does not answer. */
  checkStore(): Promise<void>;
}

/** Puts the services together. */
export function createServices(parts: ServiceParts): Services {
  const { store, gateway, tools, loops, agentTypes, home = aloneHome, now = Date.now } = parts;
  const accounts = createAccounts({ ...parts, now });
  const { authentication, quotas } = accounts;
  const context = { now, gateway, tools, quotas, isAgentTypeSupported: (type: AgentType) => agentTypes.has(type) };
  const agents = new AgentService(context);
  const taskWatch = new TaskWatch({ store, onError: parts.onError });
  const agentWatch = new AgentWatch(store);
  const deployments = new DeploymentService(context, home, agentWatch);
  const { live = new LiveOutput(store.signals, now) } = parts;
  const eventStreams = new EventStreams({ store, live, authentication, now });
  const streamTokens = new StreamTokens({ secrets: new ServerSecrets(store.query), authentication, now });
  const transitions = workflowTransitions(context, parts.onError ?? (() => undefined));
  const plans = new PlanReader(transitions.plans);
  return {
    ...accounts,
    ...createNotices({ ...parts, plans, now }),
    writes: new IdempotentWrites(store, now),
    agents,
    deployments,
    instances: new InstanceService({ now, home }),
    agentMetrics: new AgentMetricsService({ now }),
    analytics: new AnalyticsService({ now, agents }),
    tasks: new TaskService(context, taskWatch),
    actions: new ActionService(context),
    pastCounts: new PastCounts({ now }),
    taskStats: new TaskStatsService({ now }),
    feedback: new FeedbackService({ now }),
    traces: new TraceService({ loops }),
    forks: new ForkService({ now, gateway, quotas, loops }),
    comparisons: new ComparisonService({ loops }),
    teams: new TeamService({ now }),
    teamRollouts: new TeamRollouts(deployments),
    teamMetrics: new TeamMetricsService({ now }),
    workflowDefinitions: new WorkflowDefinitionService(now),
    workflows: new WorkflowService({ transitions, plans, watch: agentWatch }),
    events: createEventServices(eventStreams, streamTokens, plans),
    eventStreams,
    streamTokens,
    tools,
    taskWatch,
    agentWatch,
    scopeOf: (tenantId) => new TenantScope(tenantId, store.ofTenant(tenantId).query),
    scopeAboveTenants: (tenantId) => new TenantScope(tenantId, store.query, 'all tenants'),
    checkStore: async () => {
      await sql`SELECT 1`.execute(store.query);
    },
  };
}
