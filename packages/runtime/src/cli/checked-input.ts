import type { z } from 'zod';
import { CommandFailure } from './command-failure.ts';

/** What a route would take too, by the route's own schema. @throws {CommandFailure} Names all that is wrong. */
export function checkedInput<Input>(schema: z.ZodType<Input>, value: unknown): Input {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new CommandFailure(problems.join('; '));
}
