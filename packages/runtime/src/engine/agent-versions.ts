import type { AgentConfig } from '@runctl/agents';
import type { LoopContext, RunConfig } from '../loops/loop.ts';
import { membersOf } from '../loops/members.ts';
import { teamTaskConfig } from '../loops/team-config.ts';
import type { TeamShape } from '../loops/team-roles.ts';
import type { TaskRow } from '../store/schema.ts';
import type { Query } from '../store/store.ts';
import type { ToolBox } from '../tools/tool.ts';

/** A version of an agent, made ready to run. */
export interface RunnableAgent {
  config: RunConfig;
  /** Without the output schema, which is the task's. */
  context: Omit<LoopContext, 'outputSchema'>;
}

/** Whom a task was given to. */
type AssignedTask = Pick<TaskRow, 'agent_id' | 'agent_version' | 'team_id' | 'team_version'>;

/** Versions kept ready; the oldest give way. */
const capacity = 1_000;
/**
 * A version never changes but where its tenant is put back to a time before it, and another takes its number. Nothing of
 * the tenant is claimed for longer than this around it, milliseconds.
 */
const freshForMs = 1_000;

/** Versions of agents and teams, each read and parsed at most once a second. */
export class AgentVersions {
  readonly #query: Query;
  readonly #tools: ToolBox;
  readonly #now: () => number;
  readonly #ready = new Map<string, RunnableAgent & { readAt: number }>();

  constructor(query: Query, tools: ToolBox, now: () => number = Date.now) {
    this.#query = query;
    this.#tools = tools;
    this.#now = now;
  }

  /** What a task runs. Undefined where it names a version that does not exist. */
  async get(task: AssignedTask): Promise<RunnableAgent | undefined> {
    const key = `${task.agent_id}@${task.agent_version} ${task.team_id}@${task.team_version}`;
    const known = this.#ready.get(key);
    const now = this.#now();
    if (known !== undefined && Math.abs(now - known.readAt) < freshForMs) return known;
    const config = await this.#read(task);
    if (config === undefined) return undefined;
    const runnable = { ...this.#prepare(config), readAt: now };
    this.#ready.delete(key);
    if (this.#ready.size >= capacity) {
      const oldest = this.#ready.keys().next();
      if (oldest.done === false) this.#ready.delete(oldest.value);
    }
    this.#ready.set(key, runnable);
    return runnable;
  }

  async #read(task: AssignedTask): Promise<RunConfig | undefined> {
    const agent = task.agent_id === null ? undefined : await this.#readAgent(task.agent_id, task.agent_version ?? 0);
    if (task.team_id === null) return agent;
    const team = await this.#readTeam(task.team_id, task.team_version ?? 0);
    const isWhole = team !== undefined && (task.agent_id === null || agent !== undefined);
    return isWhole ? teamTaskConfig(team, agent) : undefined;
  }

  async #readTeam(teamId: string, version: number): Promise<(TeamShape & { name: string }) | undefined> {
    const row = await this.#query
      .selectFrom('team_versions')
      .select('config')
      .where('team_id', '=', teamId)
      .where('version', '=', version)
      .executeTakeFirst();
    return row === undefined ? undefined : JSON.parse(row.config);
  }

  async #readAgent(agentId: string, version: number): Promise<AgentConfig | undefined> {
    const row = await this.#query
      .selectFrom('agent_versions')
      .select('config')
      .where('agent_id', '=', agentId)
      .where('version', '=', version)
      .executeTakeFirst();
    return row === undefined ? undefined : JSON.parse(row.config);
  }

  #prepare(config: RunConfig): RunnableAgent {
    const simulation = config.metadata?.simulation;
    return {
      config,
      context: {
        tools: this.#tools.definitionsFor(config.tools ?? []),
        settings: config.modelConfig ?? {},
        members: membersOf(config),
        rubric: config.rubric ?? [],
        ...(simulation === undefined ? {} : { simulation }),
      },
    };
  }
}
