import type { JsonObject } from '@runctl/core';
import { type BuiltIn, ToolFailure, type ToolOutcome } from '../tool.ts';

/** Characters of JSON that a task can remember: all of it is shown to the model with each call. */
const MOST_MEMORY = 32_768;

/** What a task remembers from step to step; a fork takes it along. */
export const memory: BuiltIn = {
  name: 'memory',
  description: 'Remembers values for the rest of this task: "set" a key, "get" it, "delete" it, or "list" all keys.',
  inputSchema: {
    type: 'object',
    properties: {
      action: { enum: ['get', 'set', 'delete', 'list'] },
      key: { type: 'string', minLength: 1, maxLength: 200, description: 'Of all actions but "list".' },
      value: { description: 'Of "set": any JSON.' },
    },
    required: ['action'],
    additionalProperties: false,
  },
  run({ action, key, value }, context): ToolOutcome {
    if (action === 'list') return { result: { keys: Object.keys(context.memory) } };
    if (typeof key !== 'string') throw invalid(`"${action}" needs a "key".`);
    const { [key]: known, ...others } = context.memory;
    const found = Object.hasOwn(context.memory, key);
    if (action === 'get') return { result: { found, value: (found ? known : undefined) ?? null } };
    if (action === 'delete') return { result: { deleted: found }, memory: others };
    if (value === undefined) throw invalid('"set" needs a "value".');
    // Defines the key as its own, `__proto__` too.
    const changed: JsonObject = Object.fromEntries([...Object.entries(context.memory), [key, value]]);
    if (JSON.stringify(changed).length > MOST_MEMORY) {
      throw new ToolFailure({
        code: 'tool_error',
        message: `The memory holds ${MOST_MEMORY} characters; delete a key first.`,
      });
    }
    return { result: { stored: true }, memory: changed };
  },
};

function invalid(message: string): ToolFailure {
  return new ToolFailure({ code: 'tool_arguments_invalid', message });
}
