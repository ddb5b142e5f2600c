import type { WorkflowStep } from '@runctl/sdk';
import { asText } from './cells.ts';

/** An approval step that waits: what a person is asked, and the command that answers. Undefined of any other step. */
export function approvalOf(workflowId: string, step: WorkflowStep): { question: string; command: string } | undefined {
  const { type, status, stepId, input } = step;
  if (type !== 'approval' || status !== 'waiting') return undefined;
  const asked = typeof input === 'object' && input !== null && 'prompt' in input ? input.prompt : input;
  return { question: asText(asked ?? ''), command: `runctl workflows approve ${workflowId} ${shellWord(stepId)}` };
}

/** A step within a loop or a map has brackets, which a shell takes for a pattern. */
function shellWord(stepId: string): string {
  return /^[\w.-]+$/.test(stepId) ? stepId : `'${stepId}'`;
}
