import type { JsonValue, TraceStep } from '@runctl/sdk';
import { asText } from './cells.ts';

/** What a model decided, if that is calls of tools; else what came of the step. */
export function outcomeOf({ output, error }: TraceStep): string {
  if (error !== null) return error.message;
  const calls = callsIn(output);
  return calls.length > 0 ? calls.map((call) => `→ ${call}`).join('  ') : asText(output ?? '');
}

function callsIn(output: JsonValue): string[] {
  if (typeof output !== 'object' || output === null || Array.isArray(output)) return [];
  const { toolCalls } = output;
  if (!Array.isArray(toolCalls)) return [];
  return toolCalls.map((call) => {
    const { name = '?', arguments: args = {} } = typeof call === 'object' && call && !Array.isArray(call) ? call : {};
    return `${asText(name)} ${JSON.stringify(args)}`;
  });
}
