import { readFile, writeFile } from 'node:fs/promises';
import { defineConfig } from 'tsup';
import { moduleFiles } from '../../tsup.base.ts';

/** What the command needs at each start, and what has hundreds of files of its own. */
const bundled = ['@hono/node-server', '@marcbachmann/cel-js', 'hono', 'kysely', 'ulid', 'zod'];

/**
 * Built twice: file by file for those who import the runtime, and in few files for the command `runctl`, which would
 * otherwise spend most of its start on finding eight hundred.
 */
export default defineConfig([
  { ...moduleFiles, platform: 'node', clean: ['!bin/**'] },
  {
    ...moduleFiles,
    // The thread's entry stands beside the code that starts it.
    entry: { main: 'src/cli/main.ts', 'code-thread-entry': 'src/tools/code/code-thread-entry.ts' },
    outDir: 'dist/bin',
    platform: 'node',
    bundle: true,
    splitting: true,
    noExternal: bundled.map((name) => new RegExp(`^${name}(/|$)`)),
    onSuccess: writeLicenses,
  },
]);

/** The licenses of what is bundled ask to be handed on with it. */
async function writeLicenses(): Promise<void> {
  const texts = bundled.map(async (name) => `${name}\n\n${await readFile(`node_modules/${name}/LICENSE`, 'utf8')}`);
  await writeFile('dist/bin/LICENSES.txt', (await Promise.all(texts)).join('\n\n'));
}
