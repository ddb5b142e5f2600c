import type { ValidationIssue } from '@runctl/core';
import type { WorkflowStepDefinition } from '@runctl/workflows';
import { allSteps } from '../../engine/workflows/check-definition.ts';
import type { TenantScope } from '../tenant-scope.ts';

/** What a step names that has to exist. */
interface Reference {
  kind: 'agent' | 'team' | 'workflow_definition';
  id: string;
  path: string;
}

/** Agents, teams and definitions that steps name and the tenant does not have. */
export async function checkReferences(
  scope: TenantScope,
  steps: readonly WorkflowStepDefinition[],
): Promise<ValidationIssue[]> {
  const references = allSteps(steps).flatMap(({ step, at }) => referenceOf(step, at));
  const idsOf = (kind: Reference['kind']) => references.flatMap((each) => (each.kind === kind ? [each.id] : []));
  const known = new Set([
    ...(await scope.workflows().knownAgents(idsOf('agent'))),
    ...(await scope.workflows().knownTeams(idsOf('team'))),
    ...(await scope.workflows().knownDefinitions(idsOf('workflow_definition'))),
  ]);
  return references.flatMap(({ kind, id, path }) => {
    if (known.has(id)) return [];
    return [{ path, code: `${kind}.not_found`, message: `There is no ${kind.replace('_', ' ')} ${id}.` }];
  });
}

function referenceOf(step: WorkflowStepDefinition, at: string): Reference[] {
  switch (step.type) {
    case undefined:
    case 'agent':
      return [{ kind: 'agent', id: step.agentId, path: `${at}/agentId` }];
    case 'team':
      return [{ kind: 'team', id: step.teamId, path: `${at}/teamId` }];
    case 'workflow':
      return [{ kind: 'workflow_definition', id: step.workflowDefinitionId, path: `${at}/workflowDefinitionId` }];
    default:
      return [];
  }
}
