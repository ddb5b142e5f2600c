/**
 * @param {import('./run-steps.mjs').Step[]} steps
 * @param {{ only: string[], skip: string[] }} choice `only` brings what it needs with it
 * @returns {{ chosen: import('./run-steps.mjs').Step[], unknown: string[] }} in the order of `steps`
 */
export function chooseSteps(steps, { only, skip }) {
  const byName = new Map(steps.map((step) => [step.name, step]));
  const unknown = [...only, ...skip].filter((name) => !byName.has(name));
  const wanted = new Set();
  const want = (name) => {
    if (wanted.has(name) || !byName.has(name)) return;
    wanted.add(name);
    for (const needed of byName.get(name).needs ?? []) want(needed);
  };
  for (const name of only.length > 0 ? only : byName.keys()) want(name);
  return { chosen: steps.filter((step) => wanted.has(step.name) && !skip.includes(step.name)), unknown };
}
