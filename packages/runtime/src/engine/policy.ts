/** The ready work of one agent, or of a tenant's teams that no agent is in charge of. */
export interface Lane {
  tenantId: string;
  /** Null: steps of teams that only hand work out. They take no replica, nor a share of what the tenant may run. */
  agentId: string | null;
  /** Tasks of this agent that run now. */
  running: number;
  /** Tasks of this agent that may run at once. */
  replicas: number;
  /** Tasks of the tenant that run now, those of agents without ready work too. Default: those of the lanes. */
  tenantRunning?: number;
  /** Tasks of the tenant that may run at once. Null or absent: no limit. */
  tenantLimit?: number | null;
  /** The first queued tasks, at most as many as could start now: smallest order key first. */
  heads: readonly { taskId: string; orderKey: number }[];
}

interface OpenLane extends Lane {
  taken: number;
}

interface OpenTenant {
  /** Slots that it has. */
  held: number;
  /** Slots that it may still get. */
  spare: number;
  lanes: OpenLane[];
}

function openTenants(lanes: readonly Lane[]): Map<string, OpenTenant> {
  const tenants = new Map<string, OpenTenant>();
  for (const lane of lanes) {
    const tenant = tenants.get(lane.tenantId) ?? { held: 0, spare: Number.POSITIVE_INFINITY, lanes: [] };
    tenant.held += lane.running;
    tenant.lanes.push({ ...lane, taken: 0 });
    tenants.set(lane.tenantId, tenant);
  }
  for (const tenant of tenants.values()) {
    const lane = tenant.lanes.find(({ agentId }) => agentId !== null);
    tenant.held = Math.max(tenant.held, lane?.tenantRunning ?? 0);
    if (lane?.tenantLimit !== undefined && lane.tenantLimit !== null) tenant.spare = lane.tenantLimit - tenant.held;
  }
  return tenants;
}

function nextHead(lane: OpenLane): { taskId: string; orderKey: number } | undefined {
  return lane.running + lane.taken < lane.replicas ? lane.heads[lane.taken] : undefined;
}

/**
 * Which queued tasks get the free slots. Tenants take turns: the next slot goes to the tenant that holds the fewest,
 * so that no tenant's flood delays another's task; within a tenant the smallest order key goes first. An agent never
 * gets more than its replicas, nor a tenant more than its limit. Ties go to the longest wait, then to the smaller id, so that the answer is one.
 */
export function pick(lanes: readonly Lane[], freeSlots: number): string[] {
  const tenants = openTenants(lanes);
  const picked: string[] = [];
  while (picked.length < freeSlots) {
    let best: { tenant: OpenTenant; lane: OpenLane; head: { taskId: string; orderKey: number } } | undefined;
    for (const tenant of tenants.values()) {
      if (best !== undefined && tenant.held > best.tenant.held) continue;
      for (const lane of tenant.lanes) {
        const head = nextHead(lane);
        if (head === undefined || (lane.agentId !== null && tenant.spare <= 0)) continue;
        const earlier =
          best === undefined ||
          tenant.held < best.tenant.held ||
          head.orderKey < best.head.orderKey ||
          (head.orderKey === best.head.orderKey && head.taskId < best.head.taskId);
        if (earlier) best = { tenant, lane, head };
      }
    }
    if (best === undefined) break;
    picked.push(best.head.taskId);
    best.lane.taken += 1;
    best.tenant.held += 1;
    if (best.lane.agentId !== null) best.tenant.spare -= 1;
  }
  return picked;
}
