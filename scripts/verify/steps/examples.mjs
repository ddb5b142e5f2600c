import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../process/run-command.mjs';
import { runTool } from '../../process/run-tool.mjs';
import { runtimeScript, startRuntime } from '../../process/start-runtime.mjs';
import { StepFailure } from '../../process/step-failure.mjs';
import { root } from '../../workspace/root.mjs';

const folder = join(root, 'examples');
const timeoutMs = 300_000;

/** It starts a runtime of its own, and has a step of its own; here it brings the command `runctl`. */
const demo = 'demo';
const project = join(folder, demo);
const exampleNames = () =>
  readdirSync(folder, { withFileTypes: true })
    .filter(isExample)
    .map(({ name }) => name);
const isExample = (entry) => entry.isDirectory() && entry.name !== demo;

export const examples = {
  name: 'examples',
  does: 'every example does what it shows, as `npm start` runs it, against one runtime',
  needs: ['build'],
  async run({ folder: place }) {
    const home = join(place, 'examples');
    const types = await runTool('tsc', ['-p', folder, '--pretty', 'false'], { timeoutMs });
    if (types.code !== 0) throw new StepFailure('An example does not compile.', types.output);
    const { url, key, stop } = await startRuntime(project, home);
    try {
      const settings = { RUNCTL_BASE_URL: url, RUNCTL_API_KEY: key, RUNCTL_SIGNING_SECRET: await signingSecret(home) };
      const outcomes = await runExamples(exampleNames(), settings);
      const failed = outcomes.filter(({ problem }) => problem !== undefined);
      if (failed.length > 0) {
        const output = failed.map(({ name, problem, output }) => `${name}: ${problem}\n${output}`).join('\n');
        const counts = { passed: outcomes.length - failed.length, failed: failed.length };
        throw new StepFailure('An example does not do what it shows.', output, counts);
      }
      return { passed: outcomes.length, note: `${outcomes.length} examples`, lines: outcomes.map(lineOf) };
    } finally {
      await stop();
    }
  },
};

/** As a reader of the code reviewer's README gets it. */
async function signingSecret(home) {
  const [{ id }] = JSON.parse(await runctl(home, 'tenants', 'list', '--json'));
  return (await runctl(home, 'tenants', 'signing-secret', id)).trim();
}

async function runctl(home, ...args) {
  const result = await runCommand(process.execPath, [runtimeScript(project), ...args], { cwd: home, timeoutMs });
  if (result.code !== 0) throw new StepFailure(`runctl ${args.join(' ')} failed.`, result.output);
  return result.output;
}

/** Two at a time: the machine has two cores, and most examples wait. */
async function runExamples(names, settings) {
  const waiting = [...names];
  const outcomes = [];
  const runNext = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      outcomes.push(await runExample(name, settings));
    }
  };
  await Promise.all([runNext(), runNext()]);
  return outcomes.sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
}

async function runExample(name, settings) {
  const { description } = JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8'));
  const result = await runCommand('pnpm', ['--silent', 'start'], {
    cwd: join(folder, name),
    env: { ...process.env, ...settings },
    shell: process.platform === 'win32',
    timeoutMs,
  });
  return { name, description, ...result, problem: problemOf(result) };
}

function problemOf({ code, timedOut, leftRunning }) {
  if (timedOut) return `it ran longer than ${timeoutMs / 1000} s`;
  if (code !== 0) return `it ended with exit code ${code}`;
  return leftRunning ? 'it left something running' : undefined;
}

function lineOf({ name, description, seconds, output }) {
  const skipped = output.match(/^skipped: .*$/m)?.[0];
  return `${name.padEnd(22)}${`${seconds.toFixed(1)} s`.padStart(6)}   ${skipped ?? description}`;
}
