import { schemaProblem } from '../../schema/json-schema.ts';
import { type BuiltIn, ToolFailure } from '../tool.ts';

/**
 * A question to a person. It never runs: the engine parks the task when a model calls it, and the answer is its
 * result.
 */
export const askHuman: BuiltIn = {
  name: 'ask_human',
  description: 'Asks a person and waits for the answer. Only for what you cannot find out or decide yourself.',
  inputSchema: {
    type: 'object',
    properties: {
      question: { type: 'string', minLength: 1, maxLength: 4_000 },
      schema: { type: 'object', description: 'JSON Schema of the answer. Default: any answer.' },
    },
    required: ['question'],
    additionalProperties: false,
  },
  check({ schema }) {
    const problem = schema === undefined ? null : schemaProblem(schema);
    return problem === null ? null : `The schema of the answer ${problem}.`;
  },
  run() {
    throw new ToolFailure({ code: 'tool_error', message: 'Nobody can be asked here.' });
  },
};
