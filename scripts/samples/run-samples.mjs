import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../process/run-command.mjs';
import { StepFailure } from '../process/step-failure.mjs';
import { missingNames } from './read-samples.mjs';

/**
 * What a sample means for a reader with an account, and what stands for it here: a runtime on this machine, a model
 * that needs no key, and ids that exist.
 */
const stands = [
  [/modelProvider: 'openai'/g, `modelProvider: 'simulated'`],
  [/model: 'gpt-4o(-mini)?'/g, `model: 'echo'`],
  [
    /apiKey: process\.env\.RUNCTL_API_KEY!?,/g,
    'apiKey: process.env.RUNCTL_API_KEY, baseUrl: process.env.RUNCTL_BASE_URL,',
  ],
  [/'agt_123'/g, 'agentId'],
  [/'tsk_abc123'/g, 'taskId'],
];

/**
 * Runs samples one after the other in one process, against a runtime.
 *
 * @param {string} project with the packages installed
 * @param {import('./read-samples.mjs').Sample[]} samples
 * @param {{ url: string, key: string }} runtime
 * @returns {Promise<string>} what they printed
 */
export async function runSamples(project, samples, { url, key }) {
  const { transform } = await import('esbuild');
  writeFileSync(join(project, 'given.mjs'), given);
  const names = [];
  for (const [index, sample] of samples.entries()) {
    const adapted = stands.reduce((code, [from, to]) => code.replace(from, to), sample.code);
    const { code } = await transform(adapted, { loader: 'ts', target: 'es2022', format: 'esm' });
    const name = `run-sample-${index}.mjs`;
    writeFileSync(join(project, name), `import { ${missingNames(adapted).join(', ')} } from './given.mjs';\n${code}`);
    names.push({ name, place: `${sample.document}:${sample.line} ${sample.title}` });
  }
  writeFileSync(join(project, 'run-samples.mjs'), runner(names));
  const result = await runCommand(process.execPath, ['run-samples.mjs'], {
    cwd: project,
    env: { ...process.env, RUNCTL_API_KEY: key, RUNCTL_BASE_URL: url },
    timeoutMs: 90_000,
  });
  if (result.code !== 0) throw new StepFailure('A sample does not run as it stands.', result.output);
  return result.output;
}

/** A client, a deployed agent and a finished task, for the samples that take these for granted. */
const given = `
import { Runctl } from '@runctl/sdk';
export const client = Runctl.fromEnv();
export const agent = await client.agents.create({
  name: 'Given', type: 'reactive', modelProvider: 'simulated', model: 'echo', systemPrompt: 'You answer.',
});
export const agentId = agent.id;
await client.agents.deploy(agentId, { replicas: 1 });
export const task = await client.tasks.create({ agentId, input: { version: '1.0', payload: { query: 'ready?' } } });
export const taskId = task.id;
const done = await client.tasks.waitForCompletion(taskId);
if (done.status !== 'completed') throw done;
`;

function runner(names) {
  const lines = names.map(
    ({ name, place }) => `await step(${JSON.stringify(place)}, () => import(${JSON.stringify(`./${name}`)}));`,
  );
  return `
async function step(place, run) {
  try { await run(); console.log('ran ' + place); }
  catch (error) { console.error('FAILED ' + place); console.error(error); process.exit(1); }
}
${lines.join('\n')}
process.exit(0);
`;
}
