import { runTool } from '../process/run-tool.mjs';
import { StepFailure } from '../process/step-failure.mjs';
import { writeBuildStamp } from './build-stamp.mjs';

/**
 * Builds every package, and not the site of the reference; what has not changed comes from turbo's cache.
 *
 * @param {NodeJS.ProcessEnv} [env] with pnpm on its PATH
 * @returns {Promise<string>} a note for the progress line
 */
export async function build(env = process.env) {
  const args = ['run', 'build', '--filter=./packages/*', '--output-logs=errors-only', '--no-update-notifier'];
  const result = await runTool('turbo', args, { env, timeoutMs: 600_000 });
  if (result.code !== 0) throw new StepFailure('The build failed.', result.output);
  writeBuildStamp();
  const [, cached, total] = result.output.match(/Cached:\s+(\d+) cached, (\d+) total/) ?? [];
  return total ? `${total} packages, ${cached} unchanged` : '';
}
