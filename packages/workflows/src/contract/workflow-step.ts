import type { JsonValue } from '@runctl/core';

/** How often a step is tried again. */
export interface StepRetry {
  /** Attempts in all, 1 to 20. */
  maxAttempts: number;
  /** Seconds before the second attempt, 0 to 86,400. Default 1. */
  backoffSeconds?: number;
  /** By what each wait is longer than the one before it, 1 to 10. Default 2; no wait is longer than a day. */
  factor?: number;
}

/** What every step states, whatever it does. */
export interface WorkflowStepSettings {
  /**
   * Names the step in paths and dependencies: a letter, then letters, digits, `_` and `-`. Unique within the
   * definition.
   */
  stepId: string;
  /** For people. */
  name: string;
  /** Steps that end before this one begins, by `stepId`. Default: as the pattern says. */
  dependsOn?: string[];
  /**
   * Text in it may name `{{input.topic}}`, `{{steps.research.output.summary}}`, `{{item}}`: paths, no code. Where a
   * path leads to nothing stands null, or nothing within a longer text. Default: the workflow's input and the outputs
   * of the steps it depends on.
   */
  input?: JsonValue;
  /** A CEL expression. The step is skipped where it is false, and fails where it cannot be told. Default: it runs. */
  when?: string;
  /**
   * How often it is tried. Default: once. What cannot become otherwise is not tried again: a condition, a rejection.
   */
  retry?: StepRetry;
  /** Seconds an attempt may take, a person's decision included. Default: no limit but the workflow's. */
  timeoutSeconds?: number;
  /**
   * What a failure does once it is not tried again. `fail`: the workflow fails, and what runs beside it is cancelled;
   * within a loop or a map, that one fails. `continue`: the step stays failed, and the workflow goes on with a null
   * output. `skip`: as if it had been skipped. Default `fail`.
   */
  onError?: 'fail' | 'continue' | 'skip';
}

/** What a step does. Without a `type` it gives work to an agent. */
export type WorkflowStepAction =
  | {
      type?: 'agent';
      /** The agent that does it, as a task of its own. */
      agentId: string;
    }
  | {
      type: 'team';
      /** The team that does it, as a task of its own. */
      teamId: string;
    }
  | {
      type: 'approval';
      /** What a person is asked; the workflow waits for `approveStep` or `rejectStep`. */
      prompt: string;
    }
  | {
      type: 'wait';
      /** How long, 0 to 31,536,000. */
      seconds: number;
    }
  | {
      type: 'transform';
      /** The step's output; text in it may name paths, as in `input`. */
      output: JsonValue;
    }
  | {
      type: 'workflow';
      /** The definition whose newest version is executed. Workflows stand within workflows at most 5 deep. */
      workflowDefinitionId: string;
    }
  | {
      type: 'loop';
      /** What each turn does. */
      steps: WorkflowStepDefinition[];
      /**
       * A CEL expression, looked at after each turn; true ends the loop. It sees `turn`, from 1, and the turn's steps.
       */
      until: string;
      /** Turns, 1 to 100. Default 100. The loop ends with the last of them, too. */
      maxIterations?: number;
    }
  | {
      type: 'map';
      /** What is done for each item; `{{item}}` names it. */
      steps: WorkflowStepDefinition[];
      /** A path or a CEL expression that gives a list of at most 1,000 items. */
      over: string;
      /** Items at once, 1 to 1,000. Default: all. */
      maxConcurrency?: number;
    };

/** One step of a workflow definition. */
export type WorkflowStepDefinition = WorkflowStepSettings & WorkflowStepAction;
