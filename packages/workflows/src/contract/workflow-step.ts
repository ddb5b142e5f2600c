import type { JsonValue } from '@runctl/core';

/** How often a step is tried again. */
export interface StepRetry {
  /** Attempts in all, 1 or more. */
  maxAttempts: number;
  /** Seconds before the second attempt. Default 1. */
  backoffSeconds?: number;
  /** By what each wait is longer than the one before it. 1 or more. Default 2. */
  factor?: number;
}

/** What every step states, whatever it does. */
export interface WorkflowStepSettings {
  /** Names the step in paths and dependencies. Unique within the definition. */
  stepId: string;
  /** For people. */
  name: string;
  /** Steps that end before this one begins, by `stepId`. Default: as the pattern says. */
  dependsOn?: string[];
  /**
   * Text in it may name `{{input.topic}}`, `{{steps.research.output.summary}}`, `{{item}}`: paths, no code.
   * Default: the workflow's input and the outputs of the steps it depends on.
   */
  input?: JsonValue;
  /** A CEL expression. The step is skipped where it is false. Default: it runs. */
  when?: string;
  /** How often it is tried again. Default: once. */
  retry?: StepRetry;
  /** Seconds an attempt may take. Default: no limit but the workflow's. */
  timeoutSeconds?: number;
  /** What a failure does. `fail`: the workflow fails. `continue`: goes on with a null output. `skip`: as if skipped. Default `fail`. */
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
      /** How long, 0 or more. */
      seconds: number;
    }
  | {
      type: 'transform';
      /** The step's output; text in it may name paths, as in `input`. */
      output: JsonValue;
    }
  | {
      type: 'workflow';
      /** The definition that is executed. */
      workflowDefinitionId: string;
    }
  | {
      type: 'loop';
      /** What each turn does. */
      steps: WorkflowStepDefinition[];
      /** A CEL expression, looked at after each turn; true ends the loop. */
      until: string;
      /** Turns, 1 to 100. Default 100. */
      maxIterations?: number;
    }
  | {
      type: 'map';
      /** What is done for each item; `{{item}}` names it. */
      steps: WorkflowStepDefinition[];
      /** A path to a list of at most 1,000 items. */
      over: string;
      /** Items at once, 1 or more. Default: all. */
      maxConcurrency?: number;
    };

/** One step of a workflow definition. */
export type WorkflowStepDefinition = WorkflowStepSettings & WorkflowStepAction;
