import type { ValidationIssue } from '@runctl/core';
import { checkDefinition } from '../../engine/workflows/check-definition.ts';
import type { StoredDefinition } from '../../engine/workflows/definition-plans.ts';
import { schemaProblem } from '../../schema/json-schema.ts';

/** All that is wrong with a definition by itself. */
export function checkShape(stored: StoredDefinition): ValidationIssue[] {
  const problem = stored.inputSchema === null ? null : schemaProblem(stored.inputSchema);
  return [
    ...checkDefinition(stored),
    ...(problem === null ? [] : [{ path: '/inputSchema', code: 'schema_invalid', message: `The schema ${problem}.` }]),
  ];
}
