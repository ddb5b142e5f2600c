/** The ready work of one agent. */
export interface Lane {
  tenantId: string;
  agentId: string;
  /** Tasks of this agent that run now. */
  running: number;
  /** Tasks of this agent that may run at once. */
  replicas: number;
  /** The first queued tasks, at most as many as could start now: smallest order key first. */
  heads: readonly { taskId: string; orderKey: number }[];
}

interface OpenLane extends Lane {
  taken: number;
}

function nextHead(lane: OpenLane): { taskId: string; orderKey: number } | undefined {
  return lane.running + lane.taken < lane.replicas ? lane.heads[lane.taken] : undefined;
}

/**
 * Which queued tasks get the free slots. Tenants take turns: the next slot goes to the tenant that holds the fewest,
 * so that no tenant's flood delays another's task; within a tenant the smallest order key goes first. An agent never
 * gets more than its replicas. Ties go to the longest wait, then to the smaller id, so that the answer is one.
 */
export function pick(lanes: readonly Lane[], freeSlots: number): string[] {
  const tenants = new Map<string, { held: number; lanes: OpenLane[] }>();
  for (const lane of lanes) {
    const tenant = tenants.get(lane.tenantId) ?? { held: 0, lanes: [] };
    tenant.held += lane.running;
    tenant.lanes.push({ ...lane, taken: 0 });
    tenants.set(lane.tenantId, tenant);
  }
  const picked: string[] = [];
  while (picked.length < freeSlots) {
    let best: { tenant: { held: number }; lane: OpenLane; head: { taskId: string; orderKey: number } } | undefined;
    for (const tenant of tenants.values()) {
      if (best !== undefined && tenant.held > best.tenant.held) continue;
      for (const lane of tenant.lanes) {
        const head = nextHead(lane);
        if (head === undefined) continue;
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
  }
  return picked;
}
