import type { DefinitionPlans } from '../../engine/workflows/definition-plans.ts';
import type { TaskOrder } from '../../engine/workflows/step-book.ts';
import type { TaskRow } from '../../store/schema.ts';
import type { WriteTransaction } from '../../store/store.ts';
import type { StepMemory } from './step-memory.ts';

/** Why a task may not be made. */
export interface Refusal {
  code: string;
  message: string;
}

/** Which tasks are let in. */
export interface Admission {
  /** By the id of the task; those that have none are made. */
  refusals: ReadonlyMap<string, Refusal>;
  /** Whom a team's task is for, by the id of the task. */
  assignments: ReadonlyMap<string, Partial<TaskRow>>;
}

/** Lets tasks in, or says why not. */
export type Admit = (tenantId: string, orders: readonly TaskOrder[]) => Promise<Admission>;

/** What a transition needs besides its transaction. */
export interface TransitionParts {
  plans: DefinitionPlans;
  memory: StepMemory;
  newId: (prefix: 'tsk' | 'wfl', now: number) => string;
  now: () => number;
  /** What lets the tasks of one transaction in. */
  admission: (transaction: WriteTransaction) => Admit;
  onError: (error: unknown) => void;
}
