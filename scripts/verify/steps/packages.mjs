import { readFileSync } from 'node:fs';
import { runTool } from '../../process/run-tool.mjs';
import { StepFailure } from '../../process/step-failure.mjs';

/** The tarballs are looked at, not the folders: what is wrong shows only in what was packed. */
export const packages = {
  name: 'packages',
  does: 'publint and "are the types wrong" on the tarballs',
  needs: ['pack'],
  async run({ results }) {
    const problems = [];
    for (const packed of results.get('pack')) {
      problems.push(...(await publintProblems(packed)), ...(await attwProblems(packed)));
    }
    if (problems.length > 0) throw new StepFailure('A tarball would not work for its users.', problems.join('\n'));
    return { passed: results.get('pack').length * 2, note: `${results.get('pack').length} tarballs` };
  },
};

async function publintProblems({ name, tarball }) {
  // Here and not above: the list of steps must load where nothing is installed yet.
  const { publint } = await import('publint');
  const { formatMessage } = await import('publint/utils');
  const data = new Uint8Array(readFileSync(tarball)).buffer;
  const { messages, pkg } = await publint({ pack: { tarball: data }, level: 'warning', strict: true });
  return messages.map((message) => `${name}: publint: ${formatMessage(message, pkg, { color: false })}`);
}

async function attwProblems({ name, tarball }) {
  const args = [tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-color', '--no-emoji'];
  const result = await runTool('attw', args, { timeoutMs: 180_000 });
  return result.code === 0 ? [] : [`${name}: attw:\n${result.output}`];
}
