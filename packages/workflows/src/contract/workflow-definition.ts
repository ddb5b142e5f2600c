import type {
  JsonObject,
  JsonSchema,
  JsonValue,
  Labels,
  ListQuery,
  SchemaLike,
  TenantId,
  Timestamp,
  ValidationIssue,
  WorkflowDefinitionId,
} from '@runctl/core';
import type { WorkflowStepDefinition } from './workflow-step.ts';

/**
 * The engine runs a graph; the pattern sets its defaults. `sequential`: a step depends on the one before. `parallel`:
 * on none. `conditional`: steps with `when` are branches of the last step without one before them, and the next step
 * without one joins them. `loop`, `map`: as `sequential`, with at least one step of that type. `dag`: as written.
 */
export type WorkflowPattern = 'sequential' | 'parallel' | 'conditional' | 'loop' | 'map' | 'dag';

/** What makes a workflow definition. */
export interface CreateWorkflowDefinitionInput {
  /** Shown to people; need not be unique. 1 to 200 characters. */
  name: string;
  /** For people. Default empty. */
  description?: string;
  /** The defaults of the graph. */
  pattern: WorkflowPattern;
  /** 1 to 200, those within loops and maps counted. */
  steps: WorkflowStepDefinition[];
  /** Sent as JSON Schema; the input of each workflow is checked against it. Default: any object. */
  inputSchema?: SchemaLike;
  /**
   * Text in it may name paths, as in a step's input. Default: the output of the one last step, or of each by its id.
   */
  output?: JsonValue;
  /** Seconds a workflow may run, the time that it waits for people included. Default 604,800, a week. */
  timeoutSeconds?: number;
  /** Yours; returned as it is, never searched. Default `{}`. */
  metadata?: JsonObject;
  /** Yours. Default `{}`. */
  labels?: Labels;
}

/** The next version of a definition: what is left out stays. */
export type UpdateWorkflowDefinitionInput = Partial<CreateWorkflowDefinitionInput>;

/** What {@link CreateWorkflowDefinitionInput} and its update are on the wire: the schema is JSON Schema. */
export type WireDefinition<Input extends UpdateWorkflowDefinitionInput> = Omit<Input, 'inputSchema'> & {
  /** JSON Schema of the input. */
  inputSchema?: JsonSchema;
};

/** A workflow definition as the runtime keeps it. */
export interface WorkflowDefinition extends Required<Omit<CreateWorkflowDefinitionInput, 'inputSchema'>> {
  /** Its id. */
  id: WorkflowDefinitionId;
  /** The tenant that owns it. */
  tenantId: TenantId;
  /** JSON Schema of the input; null: any object. */
  inputSchema: JsonSchema | null;
  /** From 1. An update makes the next version; a running workflow keeps its own. */
  version: number;
  /** When it was created. */
  createdAt: Timestamp;
  /** When it last changed. */
  updatedAt: Timestamp;
}

/** Which version of a definition. */
export interface GetWorkflowDefinitionQuery {
  /** From 1. Default: the newest. */
  version?: number;
}

/** Which definitions a list holds. */
export interface ListWorkflowDefinitionsQuery extends ListQuery {
  /** Text in the name or the description, in any case. */
  search?: string;
}

/** What a check of a definition found. Nothing was made. */
export interface WorkflowDefinitionCheck {
  /** Whether it could be created. */
  valid: boolean;
  /** Each cycle, unknown or double step, unknown agent, and path to a step that is no ancestor. */
  issues: ValidationIssue[];
  /** The order of execution: steps of one group run at once. Empty where it is not valid. */
  order: string[][];
}
