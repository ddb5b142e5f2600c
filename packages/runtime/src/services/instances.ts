import type { AgentInstance, HealthCheck, InstanceHealth } from '@runctl/agents';
import type { ListQuery, PaginatedResponse } from '@runctl/core';
import type { InstanceRow } from '../store/service-rows.ts';
import { findAgent } from './agents.ts';
import { countRows } from './count-rows.ts';
import { mostProviderErrors } from './deployments/agent-status.ts';
import type { SlotHome } from './deployments/slot-home.ts';
import { notFound } from './failure.ts';
import { readPage } from './page.ts';
import type { TenantScope } from './tenant-scope.ts';
import { formatTimestamp } from './wire/format-timestamp.ts';
import { toInstance } from './wire/instance.ts';

/** A worker beats every 10 s; three are missed at 30 s, and it counts as lost. */
const heartbeatSeconds = 30;
/** The longest that one tool may take: a task that has done nothing for so long hangs. */
const progressSeconds = 300;
/** A worker whose timers are later than this is overloaded, milliseconds. */
const lagMs = 250;

/** The slots of an agent, and how each fares. Stopped and lost ones are listed for ten minutes. */
export class InstanceService {
  readonly #now: () => number;
  readonly #home: SlotHome;

  constructor({ now, home }: { now: () => number; home: SlotHome }) {
    this.#now = now;
    this.#home = home;
  }

  /** Newest first. @throws {Failure} `agent.not_found` */
  async list(scope: TenantScope, agentId: string, query: ListQuery): Promise<PaginatedResponse<AgentInstance>> {
    await findAgent(scope, agentId);
    const all = () => scope.instances().where('agent_id', '=', agentId);
    return readPage(
      query,
      {
        rows: ({ before, offset, limit }) => {
          const instances = before === undefined ? all() : all().where('id', '<', before);
          return instances.selectAll().orderBy('id', 'desc').limit(limit).offset(offset).execute();
        },
        count: () => countRows(all()),
      },
      (row) => toInstance(this.#home.latest(row)),
    );
  }

  /** A heartbeat alone lies: progress, the event loop and the provider are looked at too. @throws {Failure} `agent.not_found`, `instance.not_found` */
  async getHealth(scope: TenantScope, agentId: string, instanceId: string): Promise<InstanceHealth> {
    await findAgent(scope, agentId);
    const row = await scope
      .instances()
      .selectAll()
      .where('agent_id', '=', agentId)
      .where('id', '=', instanceId)
      .executeTakeFirst();
    if (row === undefined) throw notFound('instance', instanceId);
    const now = this.#now();
    const checks = await this.#checks(scope, this.#home.latest(row), now);
    return {
      instanceId: row.id as InstanceHealth['instanceId'],
      status: sumUp(checks, row),
      checks,
      checkedAt: formatTimestamp(now),
    };
  }

  async #checks(scope: TenantScope, row: InstanceRow, now: number): Promise<HealthCheck[]> {
    const worker = await scope
      .workers()
      .select(['heartbeat_at', 'event_loop_lag_ms'])
      .where('id', '=', row.worker_id)
      .executeTakeFirst();
    const beatAt = Math.max(row.heartbeat_at, worker?.heartbeat_at ?? 0);
    const idleSeconds = await secondsSinceProgress(scope, row.current_task_id, now);
    return [
      check('heartbeat', secondsBetween(beatAt, now), heartbeatSeconds, 'seconds'),
      check('progress', idleSeconds, progressSeconds, 'seconds'),
      check('event_loop', worker?.event_loop_lag_ms ?? null, lagMs, 'milliseconds'),
      check('provider', row.provider_errors, mostProviderErrors - 1, 'failed tasks in a row'),
    ];
  }
}

function check(name: HealthCheck['name'], value: number | null, threshold: number, unit: string): HealthCheck {
  return { name, ok: value === null || value <= threshold, value, threshold, unit };
}

const secondsBetween = (from: number, to: number) => Math.max(0, Math.round((to - from) / 1_000));

/** A step that is committed moves the task on. Null without a task. By primary key. */
async function secondsSinceProgress(scope: TenantScope, taskId: string | null, now: number): Promise<number | null> {
  if (taskId === null) return null;
  const task = await scope
    .tasks()
    .select('updated_at')
    .where('id', '=', taskId)
    .where('status', '=', 'running')
    .executeTakeFirst();
  return task === undefined ? null : secondsBetween(task.updated_at, now);
}

/** Without a heartbeat, or with two things wrong, it does no good; with one thing wrong it may. */
function sumUp(checks: readonly HealthCheck[], { finished_at }: InstanceRow): InstanceHealth['status'] {
  const wrong = checks.filter(({ ok }) => !ok);
  const isGone = finished_at !== null || wrong.some(({ name }) => name === 'heartbeat');
  if (isGone || wrong.length > 1) return 'unhealthy';
  return wrong.length === 1 ? 'degraded' : 'healthy';
}
