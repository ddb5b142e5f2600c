import { hash } from 'node:crypto';
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

/** A version as it is stored, and when it was looked at last. */
interface KnownVersion {
  runnable: RunnableAgent;
  /** A hash of it. */
  stored: string;
  readAt: number;
}

/** Versions of agents and teams, each looked at once a second at most, and parsed again only where it is another one. */
export class AgentVersions {
  readonly #query: Query;
  readonly #tools: ToolBox;
  readonly #now: () => number;
  readonly #known = new Map<string, KnownVersion>();

  constructor(query: Query, tools: ToolBox, now: () => number = Date.now) {
    this.#query = query;
    this.#tools = tools;
    this.#now = now;
  }

  /** What a task runs. Undefined where it names a version that does not exist. */
  async get(task: AssignedTask): Promise<RunnableAgent | undefined> {
    const key = `${task.agent_id}@${task.agent_version} ${task.team_id}@${task.team_version}`;
    const known = this.#known.get(key);
    const readAt = this.#now();
    if (known !== undefined && Math.abs(readAt - known.readAt) < freshForMs) return known.runnable;
    const [agent, team] = await Promise.all([this.#readAgent(task), this.#readTeam(task)]);
    if (agent === undefined || team === undefined) return undefined;
    const stored = hash('sha256', `${agent} ${team}`);
    // The same object, since what is made of its schemas is remembered by it.
    const runnable = known?.stored === stored ? known.runnable : this.#prepare(configOf(agent, team));
    this.#keep(key, { runnable, stored, readAt });
    return runnable;
  }

  #keep(key: string, version: KnownVersion): void {
    this.#known.delete(key);
    if (this.#known.size >= capacity) {
      const oldest = this.#known.keys().next();
      if (oldest.done === false) this.#known.delete(oldest.value);
    }
    this.#known.set(key, version);
  }

  /** Null where the task has none; undefined where there is no such version. */
  async #readTeam({ team_id: id, team_version: version }: AssignedTask): Promise<string | null | undefined> {
    if (id === null) return null;
    const row = await this.#query
      .selectFrom('team_versions')
      .select('config')
      .where('team_id', '=', id)
      .where('version', '=', version ?? 0)
      .executeTakeFirst();
    return row?.config;
  }

  /** The same. */
  async #readAgent({ agent_id: id, agent_version: version }: AssignedTask): Promise<string | null | undefined> {
    if (id === null) return null;
    const row = await this.#query
      .selectFrom('agent_versions')
      .select('config')
      .where('agent_id', '=', id)
      .where('version', '=', version ?? 0)
      .executeTakeFirst();
    return row?.config;
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

function configOf(agent: string | null, team: string | null): RunConfig {
  const config = agent === null ? undefined : (JSON.parse(agent) as AgentConfig);
  if (team !== null) return teamTaskConfig(JSON.parse(team) as TeamShape & { name: string }, config);
  if (config !== undefined) return config;
  throw new TypeError('A task is given to an agent or to a team.');
}
