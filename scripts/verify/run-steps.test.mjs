import { expect, test } from 'vitest';
import { StepFailure } from '../process/step-failure.mjs';
import { chooseSteps } from './choose-steps.mjs';
import { runSteps } from './run-steps.mjs';

const quiet = { folder: '', report: () => {} };
const step = (name, more = {}) => ({ name, does: '', run: () => ({}), ...more });
const fails = () => {
  throw new StepFailure('no', 'output', { passed: 3, failed: 2 });
};

test('a failed step stops those that need it, and no other', async () => {
  const steps = [
    step('build', { run: fails }),
    step('pack', { needs: ['build'] }),
    step('install', { needs: ['pack'] }),
    step('lint'),
  ];

  const outcomes = await runSteps(steps, quiet);

  expect(Object.fromEntries(outcomes.map(({ name, status }) => [name, status]))).toEqual({
    build: 'failed',
    pack: 'skipped',
    install: 'skipped',
    lint: 'passed',
  });
  expect(outcomes.find(({ name }) => name === 'build')).toMatchObject({ passed: 3, failed: 2, output: 'output' });
});

test('a step that breaks counts as one failure, with its stack', async () => {
  const [outcome] = await runSteps([step('broken', { run: () => undefined.nothing })], quiet);

  expect(outcome).toMatchObject({
    status: 'failed',
    passed: 0,
    failed: 1,
    output: expect.stringContaining('TypeError'),
  });
});

test('at most two run at once, and one that must be alone has the machine for itself', async () => {
  let running = 0;
  const seen = {};
  const busy = (name) => async () => {
    running += 1;
    await new Promise((resolve) => setTimeout(resolve, 5));
    seen[name] = running;
    await new Promise((resolve) => setTimeout(resolve, 5));
    running -= 1;
  };
  const steps = ['a', 'b', 'c', 'tests', 'd'].map((name) => step(name, { run: busy(name), alone: name === 'tests' }));

  await runSteps(steps, quiet);

  expect(Math.max(...Object.values(seen))).toBe(2);
  expect(seen.tests).toBe(1);
});

test('what a step says of its parts comes with its outcome', async () => {
  const [outcome] = await runSteps([step('parts', { run: () => ({ passed: 2, lines: ['one', 'two'] }) })], quiet);

  expect(outcome).toMatchObject({ status: 'passed', passed: 2, lines: ['one', 'two'] });
});

test('what a step leaves reaches the steps that need it', async () => {
  const received = [];
  const steps = [
    step('pack', { run: () => ({ value: ['a.tgz'] }) }),
    step('install', { needs: ['pack'], run: ({ results }) => void received.push(...results.get('pack')) }),
  ];

  await runSteps(steps, quiet);

  expect(received).toEqual(['a.tgz']);
});

test('--only brings along what a step needs, --skip leaves out, unknown names are told', () => {
  const steps = [step('build'), step('lint'), step('pack', { needs: ['build'] })];

  expect(chooseSteps(steps, { only: ['pack'], skip: [] }).chosen.map(({ name }) => name)).toEqual(['build', 'pack']);
  expect(chooseSteps(steps, { only: [], skip: ['lint'] }).chosen.map(({ name }) => name)).toEqual(['build', 'pack']);
  expect(chooseSteps(steps, { only: ['nope'], skip: [] }).unknown).toEqual(['nope']);
});
