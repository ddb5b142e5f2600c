import type { RolloutStrategy } from '@runctl/agents';

// How the slots of an agent come to be as they should. Pure: rows in, rows out. A slot goes
//
//   starting --its worker takes it--> ready --not wanted any more--> draining --its task has ended--> stopped
//   starting, ready or draining --its worker is gone--> lost
//
// and the operation that wants it
//
//   in_progress --the slots are as wanted--> succeeded
//   in_progress --no slot comes up in time--> failed
//
// `rolling`: a new slot is ready before an old one drains, so there are never fewer ready than before. `immediate`: all
// old ones drain at once, and all new ones start. Idle slots drain before busy ones.

/** What a slot may become next. */
export const slotTransitions = {
  starting: ['ready', 'stopped', 'lost'],
  ready: ['draining', 'lost'],
  draining: ['stopped', 'lost'],
  stopped: [],
  lost: [],
} as const satisfies Record<string, readonly string[]>;

/** Where a slot stands. */
export type SlotStatus = keyof typeof slotTransitions;

/** What an operation may become next. */
export const operationTransitions = {
  in_progress: ['succeeded', 'failed'],
  succeeded: [],
  failed: [],
} as const satisfies Record<string, readonly string[]>;

/** A slot, as far as a rollout sees it. */
export interface Slot {
  readonly id: string;
  readonly generation: string;
  readonly workerId: string;
  readonly status: SlotStatus;
  /** Whether a task runs in it. */
  readonly isBusy: boolean;
  readonly restarts: number;
}

/** A process that may hold slots. */
export interface SlotWorker {
  readonly id: string;
  /** It is this process: what it is given is ready at once. */
  readonly isHere: boolean;
}

/** What an agent should have. */
export interface Wanted {
  readonly replicas: number;
  readonly generation: string;
  readonly strategy: RolloutStrategy;
}

/** Where an agent's slots stand, and where they may be. */
export interface RolloutState {
  readonly wanted: Wanted;
  /** Those that are not stopped or lost yet, oldest first. */
  readonly slots: readonly Slot[];
  readonly workers: readonly SlotWorker[];
  /** A fresh id for a slot. */
  readonly newId: () => string;
}

/** Moves the slots on as far as they go now. `isDone`: they are as wanted; what drains may still do so. */
export function moveSlots(state: RolloutState): { slots: Slot[]; isDone: boolean } {
  const slots = state.slots.map((slot) => settleAlone(slot, state.workers));
  while (moveOne(slots, state)) {
    for (const [at, slot] of slots.entries()) slots[at] = settleAlone(slot, state.workers);
  }
  const { fresh, old } = split(slots, state.wanted);
  const ready = fresh.filter(({ status }) => status === 'ready');
  return { slots, isDone: old.length === 0 && ready.length === state.wanted.replicas && fresh.length === ready.length };
}

/** What a slot becomes by itself. */
function settleAlone(slot: Slot, workers: readonly SlotWorker[]): Slot {
  if (slot.status === 'stopped' || slot.status === 'lost') return slot;
  const worker = workers.find(({ id }) => id === slot.workerId);
  if (worker === undefined) return { ...slot, status: 'lost', isBusy: false };
  if (slot.status === 'starting' && worker.isHere) return { ...slot, status: 'ready' };
  return slot.status === 'draining' && !slot.isBusy ? { ...slot, status: 'stopped' } : slot;
}

function split(slots: readonly Slot[], { generation }: Wanted): { fresh: Slot[]; old: Slot[] } {
  const serving = slots.filter(({ status }) => status === 'starting' || status === 'ready');
  return {
    fresh: serving.filter((slot) => slot.generation === generation),
    old: serving.filter((slot) => slot.generation !== generation),
  };
}

/** Changes `slots` by one step of the rollout; false where there is none to take now. */
function moveOne(slots: Slot[], state: RolloutState): boolean {
  const { wanted } = state;
  const { fresh, old } = split(slots, wanted);
  const leaving = firstToLeave(fresh, old, wanted);
  if (leaving !== undefined) {
    slots[slots.indexOf(leaving)] = { ...leaving, status: leaving.status === 'ready' ? 'draining' : 'stopped' };
    return true;
  }
  const isReplacing = wanted.strategy === 'rolling' && old.length > 0;
  const mayStart = !isReplacing || fresh.every(({ status }) => status === 'ready');
  if (fresh.length >= wanted.replicas || !mayStart) return false;
  const worker = leastLoaded(slots, state.workers);
  if (worker === undefined) return false;
  slots.push({
    id: state.newId(),
    generation: wanted.generation,
    workerId: worker.id,
    status: worker.isHere ? 'ready' : 'starting',
    isBusy: false,
    restarts: old[0] === undefined ? 0 : old[0].restarts + 1,
  });
  return true;
}

/** The slot that has to go next, if one has to. */
function firstToLeave(fresh: readonly Slot[], old: readonly Slot[], wanted: Wanted): Slot | undefined {
  const stillStarting = old.find(({ status }) => status === 'starting');
  if (stillStarting !== undefined) return stillStarting;
  if (fresh.length > wanted.replicas) {
    return fresh.findLast(({ status }) => status === 'starting') ?? idleFirst([...fresh].reverse());
  }
  if (wanted.strategy === 'immediate') return idleFirst(old);
  const ready = old.length + fresh.filter(({ status }) => status === 'ready').length;
  return ready > wanted.replicas ? idleFirst(old) : undefined;
}

function idleFirst(slots: readonly Slot[]): Slot | undefined {
  return slots.find(({ isBusy }) => !isBusy) ?? slots[0];
}

function leastLoaded(slots: readonly Slot[], workers: readonly SlotWorker[]): SlotWorker | undefined {
  const load = new Map(workers.map(({ id }) => [id, 0]));
  for (const { workerId, status } of slots) {
    const held = load.get(workerId);
    if (held !== undefined && status !== 'stopped' && status !== 'lost') load.set(workerId, held + 1);
  }
  return [...workers].sort((a, b) => (load.get(a.id) ?? 0) - (load.get(b.id) ?? 0))[0];
}
