import { StepFailure } from '../process/step-failure.mjs';

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string} does one line for `--list`
 * @property {string[]} [needs] steps that must have passed before
 * @property {boolean} [alone] runs while nothing else does: it is sensitive to time, or fills the machine by itself
 * @property {(context: { folder: string, results: Map<string, any> }) => Promise<StepResult> | StepResult} run throws a
 *   StepFailure where it fails
 *
 * @typedef {object} StepResult
 * @property {number} [passed] default 1
 * @property {string} [note] behind the time
 * @property {string[]} [lines] below it
 * @property {string} [warning] printed, but nothing fails
 * @property {any} [value] for the steps that need this one, under its name in `context.results`
 *
 * @typedef {object} Outcome
 * @property {string} name
 * @property {'passed' | 'failed' | 'skipped'} status
 * @property {number} seconds
 * @property {number} passed
 * @property {number} failed
 * @property {string} note
 * @property {string[]} [lines]
 * @property {string} [warning]
 * @property {string} [output]
 */

/** Two cores are what a small CI machine has. */
const atOnce = 2;

/**
 * Runs all steps, two at a time, each as soon as what it needs has passed. A failed step stops only those that need it.
 *
 * @param {Step[]} steps
 * @param {{ folder: string, report: (outcome: Outcome) => void }} options `folder`: an empty one for what steps leave
 * @returns {Promise<Outcome[]>}
 */
export async function runSteps(steps, { folder, report }) {
  const outcomes = new Map();
  const running = new Map();
  const context = { folder, results: new Map() };
  const chosen = new Set(steps.map((step) => step.name));
  const needsOf = (step) => (step.needs ?? []).filter((name) => chosen.has(name));
  const settle = (outcome) => {
    outcomes.set(outcome.name, outcome);
    report(outcome);
  };
  const start = (step) =>
    running.set(
      step,
      runStep(step, context).then((outcome) => {
        running.delete(step);
        settle(outcome);
      }),
    );

  const waiting = [...steps];
  while (waiting.length > 0 || running.size > 0) {
    for (const step of [...waiting]) {
      const needs = needsOf(step).map((name) => outcomes.get(name)?.status);
      const blocker = needsOf(step).find((name) => ['failed', 'skipped'].includes(outcomes.get(name)?.status));
      if (blocker) settle(skipped(step, `${blocker} did not pass`));
      else if (needs.every((status) => status === 'passed') && hasRoom(step, running)) start(step);
      else continue;
      waiting.splice(waiting.indexOf(step), 1);
    }
    if (running.size > 0) await Promise.race(running.values());
  }
  return [...outcomes.values()];
}

function hasRoom(step, running) {
  if (step.alone) return running.size === 0;
  return running.size < atOnce && ![...running.keys()].some((other) => other.alone);
}

async function runStep(step, context) {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  try {
    const { passed = 1, note = '', lines, warning, value } = (await step.run(context)) ?? {};
    context.results.set(step.name, value);
    return { name: step.name, status: 'passed', seconds: seconds(), passed, failed: 0, note, lines, warning };
  } catch (error) {
    const failure = error instanceof StepFailure ? error : new StepFailure('The step itself broke.', error?.stack);
    const { passed, failed, message: note, output } = failure;
    return { name: step.name, status: 'failed', seconds: seconds(), passed, failed, note, output };
  }
}

function skipped(step, note) {
  return { name: step.name, status: 'skipped', seconds: 0, passed: 0, failed: 0, note };
}
