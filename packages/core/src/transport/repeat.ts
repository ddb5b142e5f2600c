import type { Repeat } from './repetition.ts';

/** Repeats where bytes cost: in bundles for edge runtimes and browsers, which choose this file for `#repeat`. */
export const repeat: Repeat = async ({ attempt, untilRetry }) => {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(await untilRetry(error))) throw error;
    }
  }
};
