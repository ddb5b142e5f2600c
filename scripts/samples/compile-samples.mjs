import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from '../process/run-tool.mjs';
import { root } from '../workspace/root.mjs';
import { given, missingNames } from './read-samples.mjs';

const compilerOptions = {
  target: 'es2022',
  module: 'nodenext',
  moduleResolution: 'nodenext',
  lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true,
  types: ['node'],
  typeRoots: [join(root, 'node_modules/@types')],
};

/**
 * Type-checks samples in a project that has the packages installed, declarations of the packages included.
 *
 * @param {string} project
 * @param {import('./read-samples.mjs').Sample[]} samples
 * @returns {Promise<string[]>} the compiler's complaints, each with the place in the document
 */
export async function compileSamples(project, samples) {
  const folder = join(project, 'samples');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'given.d.ts'), declarations());
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  for (const [index, sample] of samples.entries()) {
    // All on one line, so that every line of the sample is one further down.
    const names = missingNames(sample.code).join(', ');
    writeFileSync(
      join(folder, `sample-${index}.ts`),
      `import { ${names} } from './given.js'; export {};\n${sample.code}\n`,
    );
  }
  const result = await runTool('tsc', ['-p', folder, '--pretty', 'false'], { cwd: folder, timeoutMs: 300_000 });
  if (result.code === 0) return [];
  return result.output
    .trim()
    .split('\n')
    .map((line) => inDocument(line, samples));
}

function declarations() {
  return Object.entries(given)
    .map(([name, type]) => `export declare const ${name}: ${type};\n`)
    .join('');
}

function inDocument(line, samples) {
  return line.replace(/^(?:.*\/)?sample-(\d+)\.ts\((\d+),(\d+)\)/, (_, index, row, column) => {
    const { document, line: first } = samples[Number(index)];
    return `${document}:${first + Number(row) - 2}:${column}`;
  });
}
