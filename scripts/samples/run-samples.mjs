import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../process/run-command.mjs';
import { StepFailure } from '../process/step-failure.mjs';
import { root } from '../workspace/root.mjs';
import { missingNames } from './read-samples.mjs';

/** Ids as documents write them, and what stands for each: things that exist. Nothing else of a sample is changed. */
const ids = {
  agt_123: 'agentId',
  agt_researcher: 'researcherId',
  agt_analyzer: 'analyzerId',
  agt_writer: 'writerId',
  agt_reviewer: 'reviewerId',
  agt_editor: 'editorId',
  tsk_abc123: 'taskId',
  wfd_123: 'workflowDefinitionId',
  wfl_123: 'workflowId',
  ABC123XYZ: 'givenInviteCode',
};

/** What a page that hides addresses from robots has left of one in the first README; the runtime takes addresses only. */
const hiddenAddress = '[email protected]';

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
  copyFileSync(join(root, 'scripts/samples/given.mjs'), join(project, 'given.mjs'));
  const names = [];
  for (const [index, sample] of samples.entries()) {
    const adapted = withIds(sample.code);
    const { code } = await transform(adapted, { loader: 'ts', target: 'es2022', format: 'esm' });
    const name = `run-sample-${index}.mjs`;
    writeFileSync(join(project, name), `${givenTo(adapted)}\n${code}`);
    names.push({ name, place: `${sample.document}:${sample.line} ${sample.title}` });
  }
  writeFileSync(join(project, 'run-samples.mjs'), runner(names));
  const result = await runCommand(process.execPath, ['run-samples.mjs'], {
    cwd: project,
    env: { ...process.env, RUNCTL_API_KEY: key, RUNCTL_BASE_URL: url },
    timeoutMs: 300_000,
  });
  if (result.code !== 0) throw new StepFailure('A sample does not run as it stands.', result.output);
  return result.output;
}

/**
 * @param {string} code of a sample
 * @returns {string} the same with ids that exist
 */
export function withIds(code) {
  return code
    .replaceAll(/'(\w+)'/g, (text, id) => (Object.hasOwn(ids, id) ? ids[id] : text))
    .replaceAll(hiddenAddress, 'billing@example.com');
}

function givenTo(code) {
  const names = missingNames(code);
  if (names.length === 0) return '';
  return `import { give } from './given.mjs'; const { ${names.join(', ')} } = await give(${JSON.stringify(names)});`;
}

/**
 * A client without a `baseUrl` asks `api.runctl.com`; here that name leads to the runtime, as a resolver of names could.
 * Only while a sample has such a client: a `fetch` that was replaced is used instead of the SDK's own.
 */
function runner(names) {
  const lines = names.map(({ name, place }) => `await step(${JSON.stringify(place)}, ${JSON.stringify(`./${name}`)});`);
  return `
import { readFileSync } from 'node:fs';
const platformFetch = globalThis.fetch;
function routedFetch(input, init) {
  const request = new Request(input, init);
  const url = request.url.replace('https://api.runctl.com', process.env.RUNCTL_BASE_URL);
  return platformFetch(new Request(url, request));
}
async function step(place, file) {
  const isRouted = readFileSync(new URL(file, import.meta.url), 'utf8').includes('new Runctl(');
  globalThis.fetch = isRouted ? routedFetch : platformFetch;
  try { await import(file); console.log('ran ' + place); }
  catch (error) { console.error('FAILED ' + place); console.error(error); process.exit(1); }
}
${lines.join('\n')}
process.exit(0);
`;
}
