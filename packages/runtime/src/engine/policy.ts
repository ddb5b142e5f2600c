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

/** When each tenant was last given a slot: the later, the greater. Who is not in it was not for long. */
export type Turns = ReadonlyMap<string, number>;

interface OpenTenant {
  /** When it was last given a slot; -1: not for long. */
  turn: number;
  /** Slots that it has. */
  held: number;
  /** Slots that it may still get. */
  spare: number;
  lanes: OpenLane[];
}

function openTenants(lanes: readonly Lane[], turns: Turns): Map<string, OpenTenant> {
  const tenants = new Map<string, OpenTenant>();
  for (const lane of lanes) {
    const tenant = tenants.get(lane.tenantId) ?? {
      turn: turns.get(lane.tenantId) ?? -1,
      held: 0,
      spare: Number.POSITIVE_INFINITY,
      lanes: [],
    };
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

interface Candidate {
  tenant: OpenTenant;
  lane: OpenLane;
  head: { taskId: string; orderKey: number };
}

/**
 * Which queued tasks get the free slots. Tenants take turns: the next slot goes to the tenant that holds the fewest,
 * and of those that hold as few to the one that was given a slot longest ago, so that neither one tenant's flood delays
 * another's task, nor the floods of as many tenants as there are slots. Within a tenant the smallest order key goes
 * first. An agent never gets more than its replicas, nor a tenant more than its limit. Ties go to the longest wait, then
 * to the smaller id, so that the answer is one.
 */
export function pick(lanes: readonly Lane[], freeSlots: number, turns: Turns = new Map()): string[] {
  const tenants = openTenants(lanes, turns);
  const picked: string[] = [];
  while (picked.length < freeSlots) {
    let best: Candidate | undefined;
    for (const tenant of tenants.values()) {
      if (best !== undefined && compareTenants(tenant, best.tenant) > 0) continue;
      for (const lane of tenant.lanes) {
        const head = nextHead(lane);
        if (head === undefined || (lane.agentId !== null && tenant.spare <= 0)) continue;
        const candidate = { tenant, lane, head };
        if (best === undefined || compare(candidate, best) < 0) best = candidate;
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

const compareTenants = (one: OpenTenant, other: OpenTenant) => one.held - other.held || one.turn - other.turn;

function compare(one: Candidate, other: Candidate): number {
  const byTenant = compareTenants(one.tenant, other.tenant) || one.head.orderKey - other.head.orderKey;
  return byTenant || (one.head.taskId < other.head.taskId ? -1 : 1);
}
