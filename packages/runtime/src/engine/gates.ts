import type { AgentTool } from '@runctl/agents';
import type { JsonSchema } from '@runctl/core';
import type { Approvals } from '../loops/loop.ts';
import type { ToolCall } from '../models/model.ts';

/** What stands between a tool call and its run. */
export type Gate =
  /** Nothing; `call` is the call as it is to run. */
  | { type: 'open'; call: ToolCall }
  /** A person has said no. */
  | { type: 'rejected'; reason: string }
  /** A person has to say yes first. */
  | { type: 'approval' }
  /** The call is a question to a person. */
  | { type: 'question'; question: string; schema: JsonSchema | null };

/** Asks a person; the answer is the tool's result. */
export const askHuman = 'ask_human';

/**
 * What a call that could run has to pass first. A decision counts for the call that it was made about, so a call that
 * the model repeats is asked about again.
 */
export function gateOf(call: ToolCall, tools: readonly (string | AgentTool)[], approvals: Approvals): Gate {
  if (call.name === askHuman && tools.includes(askHuman)) return questionOf(call);
  const needsApproval = tools.some(
    (tool) => typeof tool !== 'string' && tool.enabled && tool.name === call.name && tool.requiresApproval === true,
  );
  if (!needsApproval) return { type: 'open', call };
  const decision = Object.hasOwn(approvals, call.callId) ? approvals[call.callId] : undefined;
  if (decision === undefined) return { type: 'approval' };
  if (!decision.approved) return { type: 'rejected', reason: decision.comment ?? 'A person rejected this call.' };
  return { type: 'open', call: { ...call, arguments: decision.arguments ?? call.arguments } };
}

function questionOf({ arguments: { question, schema } }: ToolCall): Gate {
  const isSchema = typeof schema === 'object' && schema !== null && !Array.isArray(schema);
  return { type: 'question', question: String(question), schema: isSchema ? schema : null };
}
