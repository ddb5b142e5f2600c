import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type OutputFile } from 'esbuild';

const packageFolder = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(packageFolder, '.test-build');

/** The command, once {@link buildCommand} has made it. */
export const program = join(folder, 'main.js');
/** Loaded before the program: counts what is committed, and dies or fails where it is told to. */
export const commitFault = join(folder, 'commit-fault.js');
/** Opens the store of a folder, and ends. */
export const openStore = join(folder, 'open-store.js');

let built: Promise<void> | undefined;

/** Builds `runctl` from the sources, the SDK's too, in the pieces that it loads when it needs them. */
export function buildCommand(): Promise<void> {
  built ??= buildOnce();
  return built;
}

async function buildOnce(): Promise<void> {
  const { dependencies } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const { outputFiles } = await build({
    entryPoints: {
      main: join(packageFolder, 'src/cli/main.ts'),
      'code-thread-entry': join(packageFolder, 'src/tools/code/code-thread-entry.ts'),
      'commit-fault': join(packageFolder, 'src/faults/commit-fault.test-entry.ts'),
      'open-store': join(packageFolder, 'src/faults/open-store.test-entry.ts'),
    },
    outdir: folder,
    write: false,
    bundle: true,
    splitting: true,
    conditions: ['@runctl/source'],
    external: Object.keys(dependencies).filter((name) => !name.startsWith('@runctl/')),
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
  });
  mkdirSync(folder, { recursive: true });
  outputFiles.forEach(writeWhole);
}

/** Several test files build at once: a process that another of them starts meanwhile must never load half a file. */
function writeWhole({ path, contents }: OutputFile): void {
  const unfinished = join(folder, `.${basename(path)}.${process.pid}`);
  writeFileSync(unfinished, contents);
  renameSync(unfinished, path);
}
