import { findNpm } from '../../bootstrap/find-npm.mjs';
import { runCommand } from '../../process/run-command.mjs';

/** Fetching a runtime takes longer than running the program. */
const withinMs = 180_000;

/**
 * Runs the smoke program with a command of this machine, or with one that npm fetches.
 *
 * @param {import('../hosts.mjs').Place} place
 * @param {{ npm?: string, command: string, args: string[] }} host
 * @returns {Promise<import('../hosts.mjs').SmokeResults | { skipped: string }>}
 */
export async function runAsProcess({ project, url, key }, { npm: wanted, command, args }) {
  const program = [...args, 'process-entry.mjs', url, key];
  const npm = findNpm();
  const result = wanted
    ? await runCommand(npm.command, [...npm.args, 'exec', '--yes', `--package=${wanted}`, '--', command, ...program], {
        cwd: project,
        shell: npm.shell,
        timeoutMs: withinMs,
      })
    : await runCommand(command, program, { cwd: project, timeoutMs: withinMs });
  const [, json] = result.output.match(/^results:(.*)$/m) ?? [];
  if (json) return JSON.parse(json);
  const reason = result.output.trim().split('\n').slice(-12).join('\n');
  if (wanted && /E404|ETARGET|ENOTFOUND|ECONNREFUSED|EBADPLATFORM/.test(reason))
    return { skipped: `npm has no ${wanted}` };
  return [{ name: 'start', outcome: reason || `ended with code ${result.code}` }];
}
