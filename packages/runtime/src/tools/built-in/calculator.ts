import { type BuiltIn, ToolFailure } from '../tool.ts';
import { ArithmeticError, evaluate } from './arithmetic.ts';

/** Exact arithmetic for models, which are bad at it. */
export const calculator: BuiltIn = {
  name: 'calculator',
  description:
    'Evaluates an arithmetic expression: + - * / % ^, parentheses, sqrt abs min max round floor ceil log ln exp sin ' +
    'cos tan (radians), pi, e. "log" is base 10 unless a second argument gives the base.',
  inputSchema: {
    type: 'object',
    properties: {
      expression: { type: 'string', minLength: 1, maxLength: 1000, description: 'e.g. "2 * (3 + 4) ^ 2"' },
    },
    required: ['expression'],
    additionalProperties: false,
  },
  run({ expression }) {
    try {
      const value = evaluate(String(expression));
      return { result: { expression: String(expression), value, summary: `${expression} = ${value}` } };
    } catch (error) {
      if (!(error instanceof ArithmeticError)) throw error;
      throw new ToolFailure({ code: 'tool_error', message: error.message, cause: error });
    }
  },
};
