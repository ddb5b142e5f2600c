import type { StepState } from '../../engine/workflows/step-state.ts';
import type { WorkflowStepRow } from '../../store/workflow-rows.ts';

/** Characters of stored steps that are remembered, all workflows together: some tens of megabytes. */
const mostCharacters = 16_000_000;

/** The steps of a workflow as its row of this version stands beside them. */
export interface RememberedSteps {
  version: number;
  steps: readonly StepState[];
  /** Characters of what they are stored as, at most. */
  size: number;
}

/** Characters that a step is stored as, about. */
export function sizeOf({ input, output }: Pick<WorkflowStepRow, 'input' | 'output'>): number {
  return 300 + input.length + output.length;
}

/**
 * The steps of workflows that this process has moved on, so that moving one on reads and parses none of those that have
 * not changed. Every change of a step raises the version of its workflow's row in the same transaction; who has that row
 * locked knows by its version whether what is remembered is how it stands, whichever process was there in between.
 *
 * Only what is committed may be remembered: another transaction may make the same version of something else.
 */
export class StepMemory {
  readonly #remembered = new Map<string, RememberedSteps>();
  readonly #mostCharacters: number;
  #size = 0;

  constructor(most: number = mostCharacters) {
    this.#mostCharacters = most;
  }

  /** Undefined where they are not known as of this version. */
  get(workflowId: string, version: number): RememberedSteps | undefined {
    const known = this.#remembered.get(workflowId);
    return known?.version === version ? known : undefined;
  }

  /** Remembers steps that are committed. Those that were remembered first give way. */
  set(workflowId: string, remembered: RememberedSteps): void {
    this.forget(workflowId);
    if (remembered.size > this.#mostCharacters) return;
    this.#remembered.set(workflowId, remembered);
    this.#size += remembered.size;
    for (const oldest of this.#remembered.keys()) {
      if (this.#size <= this.#mostCharacters) return;
      this.forget(oldest);
    }
  }

  /** Of a workflow that has ended. */
  forget(workflowId: string): void {
    this.#size -= this.#remembered.get(workflowId)?.size ?? 0;
    this.#remembered.delete(workflowId);
  }
}
