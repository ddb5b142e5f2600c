import type { Repetition } from './repetition.ts';

/** Repeats where bytes cost: in bundles for edge runtimes and browsers, which choose this file for `#repeat`. */
export async function repeat<Value>({ attempt, untilRetry }: Repetition<Value>): Promise<Value> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(await untilRetry(error))) throw error;
    }
  }
}
