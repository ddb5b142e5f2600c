import type { Slot } from '../../engine/slot-rollout.ts';
import type { AgentRow } from '../../store/schema.ts';
import type { InstanceRow } from '../../store/service-rows.ts';
import type { TenantScope, TenantWriteScope } from '../tenant-scope.ts';
import type { SlotHome } from './slot-home.ts';

type RunningTask = { id: string; owner: string | null };

/** The slots of an agent that are not stopped or lost, oldest first. By instances_by_agent. */
export function liveInstances(scope: TenantScope, agentId: string): Promise<InstanceRow[]> {
  return scope
    .instances()
    .selectAll()
    .where('agent_id', '=', agentId)
    .where('finished_at', 'is', null)
    .orderBy('id')
    .execute();
}

/** Which slots have a task. A task whose slot nobody knows yet takes one of its worker's, those that drain first. */
export function occupiedSlots(
  rows: readonly InstanceRow[],
  running: readonly RunningTask[],
  home: SlotHome,
): ReadonlySet<string> {
  const open = new Map(running.map((task) => [task.id, task]));
  const occupied = new Set<string>();
  for (const { id, current_task_id } of rows) {
    const taskId = home.taskIn(id) ?? current_task_id;
    if (taskId !== null && open.delete(taskId)) occupied.add(id);
  }
  for (const { owner } of open.values()) {
    const free = rows.filter(({ id }) => !occupied.has(id));
    const near = free.filter(({ worker_id }) => worker_id === owner);
    const slot = near.find(({ status }) => status === 'draining') ?? near[0] ?? free[0];
    if (slot !== undefined) occupied.add(slot.id);
  }
  return occupied;
}

/** What the process before this one held is this one's now: each slot is started anew, empty. */
export async function adoptSlots(
  scope: TenantWriteScope,
  rows: readonly InstanceRow[],
  home: SlotHome,
  now: number,
): Promise<InstanceRow[]> {
  const { self } = home;
  if (!home.isAlone || self === undefined) return [...rows];
  const adopted = rows.map((row) => (row.worker_id === self.id ? row : { ...row, ...anew(row, now), ...place(self) }));
  for (const [at, row] of adopted.entries()) {
    if (row === rows[at]) continue;
    const { id, tenant_id: _tenant, ...columns } = row;
    await scope.updateInstances().set(columns).where('id', '=', id).execute();
  }
  return adopted;
}

const place = ({ id, host }: { id: string; host: string }) => ({ worker_id: id, host });

function anew({ restarts }: InstanceRow, now: number) {
  return {
    current_task_id: null,
    completed_tasks: 0,
    failed_tasks: 0,
    provider_errors: 0,
    restarts: restarts + 1,
    started_at: now,
    heartbeat_at: now,
  };
}

/** Writes what a rollout has made of the slots; answers with the rows that changed, as they are now. */
export async function writeSlots(
  scope: TenantWriteScope,
  agent: Pick<AgentRow, 'id' | 'tenant_id'>,
  change: {
    before: readonly InstanceRow[];
    after: readonly Slot[];
    version: number;
    hostOf: (workerId: string) => string;
    now: number;
  },
): Promise<InstanceRow[]> {
  const { before, after, version, hostOf, now } = change;
  const known = new Map(before.map((row) => [row.id, row]));
  const added: InstanceRow[] = [];
  const changed: InstanceRow[] = [];
  for (const slot of after) {
    const row = known.get(slot.id);
    if (row === undefined) added.push(newRow(slot, agent, version, hostOf(slot.workerId), now));
    else if (row.status !== slot.status) changed.push({ ...row, ...statusColumns(slot, row, now) });
  }
  await scope.insertInstances(added);
  for (const status of ['ready', 'draining', 'stopped', 'lost'] as const) {
    const ids = changed.filter((row) => row.status === status).map(({ id }) => id);
    await setStatus(scope, ids, status, now);
  }
  return [...changed, ...added];
}

/** Ids of one statement, which may have so many parameters only. */
const idsAtOnce = 500;

async function setStatus(scope: TenantWriteScope, ids: readonly string[], status: string, now: number): Promise<void> {
  const isOver = status === 'stopped' || status === 'lost';
  for (let at = 0; at < ids.length; at += idsAtOnce) {
    await scope
      .updateInstances()
      .set(isOver ? { status, finished_at: now, current_task_id: null } : { status })
      .where('id', 'in', ids.slice(at, at + idsAtOnce))
      .execute();
  }
}

function statusColumns({ status }: Slot, row: InstanceRow, now: number): Partial<InstanceRow> {
  const isOver = status === 'stopped' || status === 'lost';
  return { status, finished_at: isOver ? now : null, current_task_id: isOver ? null : row.current_task_id };
}

function newRow(
  slot: Slot,
  agent: Pick<AgentRow, 'id' | 'tenant_id'>,
  version: number,
  host: string,
  now: number,
): InstanceRow {
  const isOver = slot.status === 'stopped' || slot.status === 'lost';
  return {
    id: slot.id,
    tenant_id: agent.tenant_id,
    agent_id: agent.id,
    agent_version: version,
    generation: slot.generation,
    status: slot.status,
    worker_id: slot.workerId,
    host,
    current_task_id: null,
    completed_tasks: 0,
    failed_tasks: 0,
    provider_errors: 0,
    restarts: slot.restarts,
    started_at: now,
    heartbeat_at: now,
    finished_at: isOver ? now : null,
  };
}
