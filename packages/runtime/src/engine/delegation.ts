import type { TaskInput } from '@runctl/tasks';
import type { DelegateAction } from '../loops/loop.ts';
import { blankTask } from '../new-task/blank-task.ts';
import type { TaskRow } from '../store/schema.ts';
import type { Query } from '../store/store.ts';
import type { CodedError } from '../task-errors/task-error-codes.ts';

/** Hand-overs above one task, at most. */
const deepest = 3;
/** Hand-overs in one tree, at most. */
const mostDelegations = 20;
/** Tasks of one tree, at most: its root and what was handed out below it. */
export const mostInTree = mostDelegations + 1;

/** A task as its tree knows it. */
export type TreeTask = Pick<TaskRow, 'id' | 'parent_task_id' | 'agent_id' | 'input'>;

/** The root of the tree that a task stands in. */
export function rootOf(task: Pick<TaskRow, 'id' | 'root_task_id'>): string {
  return task.root_task_id ?? task.id;
}

/** All tasks of a tree. By primary key and tasks_by_root. */
export async function readTree(query: Query, task: Pick<TaskRow, 'id' | 'root_task_id'>): Promise<TreeTask[]> {
  return inTree(query, rootOf(task)).select(['id', 'parent_task_id', 'agent_id', 'input']).execute();
}

/** What a tree has cost, in dollars; null where the price of a call is unknown. */
export async function readTreeCost(query: Query, rootId: string): Promise<number | null> {
  const { cost, tasks, priced } = await inTree(query, rootId)
    .select(({ fn }) => [
      fn.sum<number | string | null>('cost_microusd').as('cost'),
      fn.countAll<number>().as('tasks'),
      fn.count<number>('cost_microusd').as('priced'),
    ])
    .executeTakeFirstOrThrow();
  return priced < tasks ? null : Number(cost ?? 0) / 1e6;
}

/** The tasks of a tree. By primary key and tasks_by_root. */
export function inTree(query: Query, rootId: string) {
  return query.selectFrom('tasks').where(({ eb, or }) => or([eb('id', '=', rootId), eb('root_task_id', '=', rootId)]));
}

/**
 * Why a task may not hand work on, or null: too deep, too often, or in a circle. A circle is the same hand-over twice
 * in one tree, or work that comes back, unchanged, to an agent above that was asked for it.
 */
export function delegationProblem(
  tree: readonly TreeTask[],
  task: Pick<TaskRow, 'id' | 'agent_id' | 'depth'> & { team_id?: TaskRow['team_id'] },
  { agentId, instruction }: DelegateAction,
): Pick<CodedError, 'code' | 'message'> | null {
  if (instruction.trim() === '') return problem('tool_arguments_invalid', 'The instruction is missing.');
  if (task.depth >= deepest) {
    return problem('delegation_too_deep', `Work is handed on at most ${deepest} times, one below the other.`);
  }
  if (tree.length >= mostInTree) {
    return problem('delegation_limit', `One tree of tasks has at most ${mostDelegations} delegations.`);
  }
  const byId = new Map(tree.map((each) => [each.id, each]));
  const isRepeated = tree.some(
    (each) =>
      each.agent_id === agentId &&
      byId.get(each.parent_task_id ?? '')?.agent_id === task.agent_id &&
      promptOf(each) === instruction,
  );
  if (isRepeated) return problem('delegation_loop', 'The same work was handed to the same member before.');
  for (let above = byId.get(task.id); above !== undefined; above = byId.get(above.parent_task_id ?? '')) {
    // A team's router may choose the member whose model it has borrowed: the team was asked, not that member.
    const isTeams = above.id === task.id && (task.team_id ?? null) !== null;
    if (!isTeams && above.agent_id === agentId && promptOf(above) === instruction) {
      return problem('delegation_loop', 'The work would go back, unchanged, to an agent that was asked for it.');
    }
  }
  return null;
}

function problem(code: CodedError['code'], message: string) {
  return { code, message: `${message} Do it yourself, ask for something else, or answer with what you have.` };
}

function promptOf({ input }: TreeTask): string {
  const { message } = (JSON.parse(input) as TaskInput).payload;
  return typeof message === 'string' ? message : '';
}

/** The row of a task that another one hands out. It stands in the queue where its parent stood. */
export function childRow(
  parent: TaskRow,
  action: DelegateAction,
  child: { id: string; treeLimitMicroUsd: number | null; now: number },
): TaskRow {
  const input: TaskInput = { version: '1.0', payload: { message: action.instruction } };
  return {
    ...blankTask,
    id: child.id,
    tenant_id: parent.tenant_id,
    agent_id: action.agentId,
    workflow_id: parent.workflow_id,
    parent_task_id: parent.id,
    root_task_id: rootOf(parent),
    depth: parent.depth + 1,
    status: 'queued',
    priority: parent.priority,
    order_key: parent.order_key,
    input: JSON.stringify(input),
    memory: null,
    output_schema: action.outputSchema === null ? null : JSON.stringify(action.outputSchema),
    timeout_seconds: null,
    max_cost_microusd: child.treeLimitMicroUsd,
    scheduled_for: null,
    expires_at: null,
    metadata: '{}',
    labels: '{}',
    created_at: child.now,
    updated_at: child.now,
  };
}
