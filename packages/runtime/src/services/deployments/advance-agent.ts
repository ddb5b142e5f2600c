import { moveSlots, type RolloutState, type Slot, type SlotWorker, takeOver } from '../../engine/slot-rollout.ts';
import { usualCapacity } from '../../engine/slot-spread.ts';
import type { AgentRow, DeploymentRow } from '../../store/schema.ts';
import type { InstanceRow } from '../../store/service-rows.ts';
import { agentStatusEvent, deploymentEvent, instanceEvent } from '../events/agent-events.ts';
import { newId } from '../ids.ts';
import type { TenantScope, TenantWriteScope } from '../tenant-scope.ts';
import { toAgent } from '../wire/agent.ts';
import { toDeployment } from '../wire/deployment.ts';
import { toInstance } from '../wire/instance.ts';
import { statusOfAgent } from './agent-status.ts';
import type { SlotHome } from './slot-home.ts';
import { adoptSlots, liveInstances, occupiedSlots, writeSlots } from './slot-rows.ts';

/** An operation fails where no slot has come up for so long, milliseconds. */
const startupMs = 30_000;

/** An agent and the operation that was under way, as they are after a look. */
export interface AdvancedAgent {
  agent: AgentRow;
  deployment: DeploymentRow | undefined;
}

/**
 * Reads an agent for a change: whoever comes second waits for the first one's commit. By primary key; locks the row.
 * Undefined where there is no such agent.
 */
export function lockAgent(scope: TenantWriteScope, agentId: string): Promise<AgentRow | undefined> {
  return scope
    .updateAgents()
    .set(({ ref }) => ({ version: ref('version') }))
    .where('id', '=', agentId)
    .where('deleted_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
}

/** The operation that is under way, if one is. By deployments_in_progress. */
export function openDeployment(scope: TenantScope, agentId: string): Promise<DeploymentRow | undefined> {
  return scope
    .deployments()
    .selectAll()
    .where('agent_id', '=', agentId)
    .where('status', '=', 'in_progress')
    .executeTakeFirst();
}

/**
 * Moves an agent's slots, its operation and its status on, as far as they go now, in the transaction of `scope`. `from`:
 * workers of which this one may take slots over, where no operation is under way.
 */
export async function advanceAgent(
  scope: TenantWriteScope,
  agentId: string,
  home: SlotHome,
  now: number,
  from: readonly string[] = [],
): Promise<AdvancedAgent | undefined> {
  const agent = await lockAgent(scope, agentId);
  if (agent === undefined) return undefined;
  const deployment = await openDeployment(scope, agentId);
  const rows = await liveInstances(scope, agentId);
  const before = await adoptSlots(scope, rows, home, now);
  const running = await scope
    .tasks()
    .select(['id', 'owner'])
    .where('agent_id', '=', agentId)
    .where('status', '=', 'running')
    .execute();
  const workers = await readWorkers(scope, home);
  const occupied = occupiedSlots(before, running, home);
  const slots = before.map((row) => toSlot(row, occupied.has(row.id)));
  const outcome = conclude({ agent, deployment, slots, workers, from, isIdle: running.length === 0, now, before });
  const changed = await writeSlots(scope, agent, {
    before,
    after: outcome.slots,
    version: outcome.deployment?.agent_version ?? outcome.agent.deployed_version ?? agent.version,
    hostOf: (workerId) => workers.find(({ id }) => id === workerId)?.host ?? workerId,
    now,
  });
  const adopted = before.filter((row, at) => row !== rows[at] && !changed.some(({ id }) => id === row.id));
  scope.addEvents([...adopted, ...changed].map((row) => instanceEvent(agentId, toInstance(row), now)));
  await writeOutcome(scope, { agent, deployment }, outcome, now);
  if (changed.length > 0) scope.wake();
  return { agent: outcome.agent, deployment: outcome.deployment };
}

interface NamedWorker extends SlotWorker {
  host: string;
}

async function readWorkers(scope: TenantScope, { self, isAlone }: SlotHome): Promise<NamedWorker[]> {
  const here = self === undefined ? [] : [{ ...self, capacity: usualCapacity, isHere: true }];
  if (isAlone) return here;
  const rows = await scope.workers().select(['id', 'host', 'slots']).orderBy('id').execute();
  return rows.map(({ id, host, slots }) => ({ id, host, capacity: slots ?? usualCapacity, isHere: id === self?.id }));
}

function toSlot(row: InstanceRow, isBusy: boolean): Slot {
  const { id, generation, worker_id: workerId, restarts } = row;
  return { id, generation, workerId, restarts, isBusy, status: row.status as Slot['status'] };
}

interface Situation {
  agent: AgentRow;
  deployment: DeploymentRow | undefined;
  slots: readonly Slot[];
  workers: readonly SlotWorker[];
  from: readonly string[];
  /** No task of the agent runs. */
  isIdle: boolean;
  now: number;
  before: readonly InstanceRow[];
}

interface Outcome extends AdvancedAgent {
  slots: readonly Slot[];
}

function conclude(situation: Situation): Outcome {
  const { agent, deployment, from, isIdle, now } = situation;
  const moved = moveSlots(rolloutOf(situation, agent));
  if (deployment === undefined) {
    const slots = takeOver({ ...rolloutOf(situation, agent), slots: moved.slots }, from);
    return settled(situation, agent, undefined, slots);
  }
  const isDone = moved.isDone && (deployment.reason !== 'stop' || (isIdle && !moved.slots.some(isLive)));
  if (!isDone && hasStalled(situation)) return failed(situation, deployment);
  const isServed = moved.slots.some((slot) => slot.status === 'ready' && slot.generation === deployment.generation);
  // New tasks take the new version once a slot has it, not before.
  const next = isServed || isDone ? { ...agent, deployed_version: deployment.agent_version } : agent;
  const ended = isDone ? ({ status: 'succeeded', finished_at: now } as const) : {};
  return settled(situation, next, { ...deployment, ...ended }, moved.slots);
}

const isLive = ({ status }: Slot) => status !== 'stopped' && status !== 'lost';

function rolloutOf({ slots, workers, deployment, now }: Situation, agent: AgentRow): RolloutState {
  return {
    slots,
    workers,
    wanted: {
      replicas: agent.desired_replicas,
      generation: agent.generation,
      strategy: deployment?.strategy === 'immediate' ? 'immediate' : 'rolling',
    },
    newId: () => newId('ins', now),
  };
}

function hasStalled({ deployment, before, now }: Situation): boolean {
  if (deployment === undefined || deployment.reason === 'stop') return false;
  const latest = before.reduce((at, { started_at }) => Math.max(at, started_at), deployment.started_at);
  return now - latest > startupMs;
}

/** Back to what was in service before. */
function failed(situation: Situation, deployment: DeploymentRow): Outcome {
  const { agent, now } = situation;
  const before: AgentRow = {
    ...agent,
    desired_replicas: deployment.previous_replicas,
    deployed_version: deployment.previous_version,
    generation: deployment.previous_generation,
  };
  const error = JSON.stringify({
    code: 'worker_unavailable',
    message: `No worker has taken a slot for ${startupMs / 1_000} seconds. Start one: runctl worker.`,
  });
  const ended = { ...deployment, status: 'failed', error, finished_at: now };
  return settled(situation, before, ended, moveSlots(rolloutOf(situation, before)).slots);
}

function settled(
  { before }: Situation,
  agent: AgentRow,
  deployment: DeploymentRow | undefined,
  slots: readonly Slot[],
): Outcome {
  const ready = slots.filter(({ status }) => status === 'ready');
  const errors = new Map(before.map((row) => [row.id, row.provider_errors]));
  const status = statusOfAgent({
    status: agent.status,
    operation: deployment,
    desired: agent.desired_replicas,
    ready: ready.length,
    providerErrors: ready.map(({ id }) => errors.get(id) ?? 0),
  });
  return {
    agent: { ...agent, status, ready_replicas: ready.length },
    deployment: deployment && { ...deployment, ready_replicas: ready.length },
    slots,
  };
}

async function writeOutcome(
  scope: TenantWriteScope,
  before: AdvancedAgent,
  after: AdvancedAgent,
  now: number,
): Promise<void> {
  const { status, ready_replicas, desired_replicas, deployed_version, generation } = after.agent;
  const columns = { status, ready_replicas, desired_replicas, deployed_version, generation };
  if (differs(before.agent, columns)) {
    after.agent = { ...after.agent, updated_at: now };
    await scope
      .updateAgents()
      .set({ ...columns, updated_at: now })
      .where('id', '=', after.agent.id)
      .execute();
    scope.addEvents([agentStatusEvent(toAgent(after.agent), now)]);
  }
  if (before.deployment === undefined || after.deployment === undefined) return;
  const { id, error, finished_at } = after.deployment;
  const progress = {
    status: after.deployment.status,
    ready_replicas: after.deployment.ready_replicas,
    error,
    finished_at,
  };
  if (!differs(before.deployment, progress)) return;
  after.deployment = { ...after.deployment, version: before.deployment.version + 1 };
  await scope
    .updateDeployments()
    .set({ ...progress, version: after.deployment.version })
    .where('id', '=', id)
    .execute();
  scope.addEvents([deploymentEvent(toDeployment(after.deployment), now)]);
}

function differs<Row extends object>(row: Row, columns: Partial<Row>): boolean {
  return (Object.keys(columns) as (keyof Row)[]).some((name) => row[name] !== columns[name]);
}
