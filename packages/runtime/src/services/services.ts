import type { AgentType } from '@runctl/agents';
import type { LoopRegistry } from '../loops/loop.ts';
import type { ModelGateway } from '../models/model.ts';
import type { Store } from '../store/store.ts';
import type { ToolBox } from '../tools/tool.ts';
import { AgentService } from './agents.ts';
import { ComparisonService } from './comparisons.ts';
import { DeploymentService } from './deployments.ts';
import { ForkService } from './forks.ts';
import { TaskWatch } from './task-watch.ts';
import { TaskService } from './tasks.ts';
import { TraceService } from './traces.ts';

/** What the services are made of. */
export interface ServiceParts {
  store: Store;
  gateway: Pick<ModelGateway, 'checkProvider'>;
  tools: Pick<ToolBox, 'describe' | 'check'>;
  loops: LoopRegistry;
  /** Types of agents that this runtime has a loop for. */
  agentTypes: ReadonlySet<AgentType>;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** All that requests can ask for. */
export interface Services {
  agents: AgentService;
  deployments: DeploymentService;
  tasks: TaskService;
  traces: TraceService;
  forks: ForkService;
  comparisons: ComparisonService;
  tools: Pick<ToolBox, 'describe'>;
  taskWatch: TaskWatch;
}

/** Puts the services together. */
export function createServices({ store, gateway, tools, loops, agentTypes, now }: ServiceParts): Services {
  const context = { now, gateway, tools, isAgentTypeSupported: (type: AgentType) => agentTypes.has(type) };
  const taskWatch = new TaskWatch(store);
  return {
    agents: new AgentService(context),
    deployments: new DeploymentService(context),
    tasks: new TaskService(context, taskWatch),
    traces: new TraceService({ loops }),
    forks: new ForkService({ now, gateway, loops }),
    comparisons: new ComparisonService({ loops }),
    tools,
    taskWatch,
  };
}
