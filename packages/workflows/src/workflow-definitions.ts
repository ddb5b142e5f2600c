import {
  type Deleted,
  type IterQuery,
  type PaginatedResponse,
  type Paginator,
  paginate,
  type RequestOptions,
  type Resource,
  type RouteTransport,
  type Transport,
  toJsonSchema,
  type WorkflowDefinitionId,
} from '@runctl/core';
import type {
  CreateWorkflowDefinitionInput,
  GetWorkflowDefinitionQuery,
  ListWorkflowDefinitionsQuery,
  UpdateWorkflowDefinitionInput,
  WireDefinition,
  WorkflowDefinition,
  WorkflowDefinitionCheck,
} from './contract/workflow-definition.ts';
import type { WorkflowRoutes } from './contract/workflow-routes.ts';

/**
 * Workflow definitions: graphs of steps, in versions. `client.workflowDefinitions`.
 *
 * @example
 * ```ts
 * const definition = await client.workflowDefinitions.create({
 *   name: 'Content Pipeline',
 *   pattern: 'sequential',
 *   steps: [
 *     { stepId: 'research', name: 'Research', agentId: researcher.id },
 *     { stepId: 'write', name: 'Write', agentId: writer.id, dependsOn: ['research'] },
 *   ],
 * });
 * ```
 */
export class WorkflowDefinitions {
  readonly #transport: RouteTransport<WorkflowRoutes>;

  /** For a client; `createClient({ apiKey, resources: { workflowDefinitions } })` calls it. */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * `POST /workflow-definitions`: creates a definition, checked as a whole.
   *
   * @throws {RunctlValidationError} 400 - `details` names each cycle, unknown or double step, unknown agent, and path
   * to a step that is no ancestor
   * @throws {RunctlConfigError} - the `inputSchema` cannot write itself as JSON Schema
   */
  async create(input: CreateWorkflowDefinitionInput, options?: RequestOptions): Promise<WorkflowDefinition> {
    return this.#transport.request({ route: 'POST /workflow-definitions', body: wireDefinition(input) }, options);
  }

  /**
   * `GET /workflow-definitions/:definitionId`: reads a definition, the newest version unless one is named.
   *
   * @throws {RunctlNotFoundError} 404 - no such definition or version in this tenant
   */
  getById(
    definitionId: string,
    query: GetWorkflowDefinitionQuery = {},
    options?: RequestOptions,
  ): Promise<WorkflowDefinition> {
    const route = 'GET /workflow-definitions/:definitionId';
    return this.#transport.request({ route, params: { definitionId }, query }, options);
  }

  /** `GET /workflow-definitions`: one page of definitions, newest first. */
  list(
    query: ListWorkflowDefinitionsQuery = {},
    options?: RequestOptions,
  ): Promise<PaginatedResponse<WorkflowDefinition>> {
    return this.#transport.request({ route: 'GET /workflow-definitions', query, answer: 'page' }, options);
  }

  /** `GET /workflow-definitions`: every definition that fits, each page asked for when the loop needs it. */
  iter(query: IterQuery<ListWorkflowDefinitionsQuery> = {}, options?: RequestOptions): Paginator<WorkflowDefinition> {
    return paginate((page) => this.list({ ...query, ...page }, options));
  }

  /** `GET /workflow-definitions`: the same as {@link WorkflowDefinitions.iter}. */
  listAll(
    query: IterQuery<ListWorkflowDefinitionsQuery> = {},
    options?: RequestOptions,
  ): Paginator<WorkflowDefinition> {
    return this.iter(query, options);
  }

  /**
   * `PATCH /workflow-definitions/:definitionId`: makes the next version. What is left out stays; running workflows keep
   * the version that they started with.
   *
   * @throws {RunctlValidationError} 400 - the whole is no valid definition any more
   * @throws {RunctlConflictError} 412 - `ifMatch` was given and the definition has another version
   */
  async update(
    definitionId: string,
    input: UpdateWorkflowDefinitionInput,
    options?: RequestOptions,
  ): Promise<WorkflowDefinition> {
    const route = 'PATCH /workflow-definitions/:definitionId';
    return this.#transport.request({ route, params: { definitionId }, body: wireDefinition(input) }, options);
  }

  /**
   * `DELETE /workflow-definitions/:definitionId`: deletes a definition. Workflows that have ended stay.
   *
   * @throws {RunctlConflictError} 409 - one of its workflows is live
   */
  delete(definitionId: string, options?: RequestOptions): Promise<Deleted<WorkflowDefinitionId>> {
    return this.#transport.request(
      { route: 'DELETE /workflow-definitions/:definitionId', params: { definitionId } },
      options,
    );
  }

  /** `POST /workflow-definitions/validate`: checks a definition and says how it would run. Nothing is made. */
  async validate(input: CreateWorkflowDefinitionInput, options?: RequestOptions): Promise<WorkflowDefinitionCheck> {
    const body = wireDefinition(input);
    return this.#transport.request({ route: 'POST /workflow-definitions/validate', body }, options);
  }
}

function wireDefinition<Input extends UpdateWorkflowDefinitionInput>(input: Input): WireDefinition<Input> {
  const { inputSchema, ...rest } = input;
  return { ...rest, ...(inputSchema !== undefined && { inputSchema: toJsonSchema(inputSchema) }) };
}

/** The resource for `createClient({ apiKey, resources: { workflowDefinitions } })`. */
export const workflowDefinitions: Resource<WorkflowDefinitions> = (transport) => new WorkflowDefinitions(transport);
