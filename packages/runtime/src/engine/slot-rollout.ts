import type { RolloutStrategy } from '@runctl/agents';
import { SlotSpread, type SpreadWorker } from './slot-spread.ts';

// How the slots of an agent come to be as they should. Pure: rows in, rows out. A slot goes
//
//   starting --its worker takes it--> ready --not wanted any more--> draining --its task has ended--> stopped
//   starting --its worker takes nothing more--> stopped;   ready --its worker takes nothing more--> draining
//   starting, ready or draining --its worker is gone--> lost
//
// and the operation that wants it
//
//   in_progress --the slots are as wanted--> succeeded
//   in_progress --no slot comes up in time--> failed
//
// `rolling`: a new slot is ready before an old one drains, so there are never fewer ready than before. `immediate`: all
// old ones drain at once, and all new ones start. Idle slots drain before busy ones.
//
// Where no operation is under way, a worker may take slots over from another one that has more than its share of them:
// its own is ready at once, and only then does the other one's drain.

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
export interface SlotWorker extends SpreadWorker {
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

/**
 * Lets the worker that is here take slots over from others, as far as the agent stays spread evenly then. Nothing moves
 * that is on its way already.
 *
 * @param from Of which workers, one slot each; a worker may be named again
 */
export function takeOver(state: RolloutState, from: readonly string[]): Slot[] {
  const { wanted, workers, newId } = state;
  const slots = [...state.slots];
  const here = workers.find(({ isHere }) => isHere);
  const { fresh, old } = split(slots, wanted);
  const isSettled = old.length === 0 && fresh.every(({ status }) => status === 'ready');
  if (here === undefined || !isSettled || fresh.length !== wanted.replicas) return slots;
  for (const workerId of from) {
    const now = split(slots, wanted).fresh;
    const leaving = idleFirst(now.filter((slot) => slot.workerId === workerId).toReversed());
    if (leaving === undefined || !spreadOf(now, workers).allows(workerId, here.id)) continue;
    slots.push({ ...leaving, id: newId(), workerId: here.id, isBusy: false });
    slots[slots.indexOf(leaving)] = { ...leaving, status: 'draining' };
  }
  return slots.map((slot) => settleAlone(slot, workers));
}

function spreadOf(slots: readonly Slot[], workers: readonly SlotWorker[]): SlotSpread {
  const spread = new SlotSpread(workers);
  for (const { workerId } of slots) spread.add(workerId, 1);
  return spread;
}

/** What a slot becomes by itself. */
function settleAlone(slot: Slot, workers: readonly SlotWorker[]): Slot {
  if (slot.status === 'stopped' || slot.status === 'lost') return slot;
  const worker = workers.find(({ id }) => id === slot.workerId);
  if (worker === undefined) return { ...slot, status: 'lost', isBusy: false };
  if (worker.capacity === 0)
    return { ...slot, status: slot.status === 'starting' || !slot.isBusy ? 'stopped' : 'draining' };
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
  const leaving = firstToLeave(fresh, old, state);
  if (leaving !== undefined) {
    slots[slots.indexOf(leaving)] = { ...leaving, status: leaving.status === 'ready' ? 'draining' : 'stopped' };
    return true;
  }
  const isReplacing = wanted.strategy === 'rolling' && old.length > 0;
  const mayStart = !isReplacing || fresh.every(({ status }) => status === 'ready');
  if (fresh.length >= wanted.replicas || !mayStart) return false;
  const worker = mostLacking(fresh, state);
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
function firstToLeave(
  fresh: readonly Slot[],
  old: readonly Slot[],
  { wanted, workers }: RolloutState,
): Slot | undefined {
  const stillStarting = old.find(({ status }) => status === 'starting');
  if (stillStarting !== undefined) return stillStarting;
  if (fresh.length > wanted.replicas) {
    return fresh.findLast(({ status }) => status === 'starting') ?? idleFirst(byExcess(fresh, workers));
  }
  if (wanted.strategy === 'immediate') return idleFirst(old);
  const ready = old.length + fresh.filter(({ status }) => status === 'ready').length;
  return ready > wanted.replicas ? idleFirst(old) : undefined;
}

/** Those of the worker that has the most beyond its share come first, and of these the newest. */
function byExcess(slots: readonly Slot[], workers: readonly SlotWorker[]): Slot[] {
  const spread = spreadOf(slots, workers);
  return slots.toReversed().sort((one, other) => spread.excess(other.workerId) - spread.excess(one.workerId));
}

function idleFirst(slots: readonly Slot[]): Slot | undefined {
  return slots.find(({ isBusy }) => !isBusy) ?? slots[0];
}

/** The worker that lacks the most of its share of what is wanted; of several, each agent has another one first. */
function mostLacking(fresh: readonly Slot[], { workers, wanted }: RolloutState): SlotWorker | undefined {
  const spread = spreadOf(fresh, workers);
  let most: { worker: SlotWorker; lacks: number; lot: number } | undefined;
  for (const worker of workers) {
    if (worker.capacity === 0) continue;
    const lacks = spread.share(worker.id, wanted.replicas) - spread.held(worker.id);
    const lot = lotOf(worker.id + wanted.generation);
    if (most === undefined || lacks > most.lacks || (lacks === most.lacks && lot < most.lot)) {
      most = { worker, lacks, lot };
    }
  }
  return most?.worker;
}

/** A number that looks drawn by lot, and is the same for the same text. */
function lotOf(text: string): number {
  let lot = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) lot = Math.imul(lot ^ text.charCodeAt(at), 0x01000193);
  return Math.imul(lot ^ (lot >>> 15), 0x2c1b3c6d) >>> 0;
}
