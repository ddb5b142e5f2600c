import type { AgentConfig } from '@runctl/agents';
import type { LoopContext } from '../loops/loop.ts';
import { membersOf } from '../loops/members.ts';
import type { Query } from '../store/store.ts';
import type { ToolBox } from '../tools/tool.ts';

/** A version of an agent, made ready to run. */
export interface RunnableAgent {
  config: AgentConfig;
  /** Without the output schema, which is the task's. */
  context: Omit<LoopContext, 'outputSchema'>;
}

/** Versions kept ready; the oldest give way. */
const capacity = 1_000;

/** Versions are immutable, so each is read and parsed once. */
export class AgentVersions {
  readonly #query: Query;
  readonly #tools: ToolBox;
  readonly #ready = new Map<string, RunnableAgent>();

  constructor(query: Query, tools: ToolBox) {
    this.#query = query;
    this.#tools = tools;
  }

  /** Undefined where there is no such version. */
  async get(agentId: string, version: number): Promise<RunnableAgent | undefined> {
    const key = `${agentId}@${version}`;
    const known = this.#ready.get(key);
    if (known !== undefined) return known;
    const row = await this.#query
      .selectFrom('agent_versions')
      .select('config')
      .where('agent_id', '=', agentId)
      .where('version', '=', version)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const runnable = this.#prepare(JSON.parse(row.config) as AgentConfig);
    if (this.#ready.size >= capacity) {
      const oldest = this.#ready.keys().next();
      if (oldest.done === false) this.#ready.delete(oldest.value);
    }
    this.#ready.set(key, runnable);
    return runnable;
  }

  #prepare(config: AgentConfig): RunnableAgent {
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
