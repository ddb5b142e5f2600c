import { aims, limits } from './architecture.mjs';

/**
 * @typedef {{ label: string, value: string, aim: string }[]} Figures
 */

/**
 * The measures that the project watches, over the sources of the packages and the scripts.
 *
 * @param {import('./source-files.mjs').SourceFile[]} files
 * @param {number[]} functionLines
 * @param {string[][]} cycles
 * @returns {{ rows: Figures, summary: string }}
 */
export function figuresOf(files, functionLines, cycles) {
  const sources = files.filter((file) => !file.isTest);
  const tests = files.filter((file) => file.isTest && file.package);
  const ownTests = tests.filter((file) => /\.test\.ts$/.test(file.path));
  const fileLines = sources.map((file) => file.lines);
  const packageLines = sum(sources.filter((file) => file.package).map((file) => file.lines));
  const rows = [
    row('lines a file: median, maximum', pair(fileLines), `${aims.fileLines}, ${limits.fileLines}`),
    row('lines a function: median, maximum', pair(functionLines), `${aims.functionLines}, ${limits.functionLines}`),
    row('import cycles, types counted', cycles.length, '0'),
    row('test lines per source line', ratio(sum(tests.map((file) => file.lines)), packageLines), '1.2 to 2.5'),
    row('tests beside their code', besideCode(ownTests, sources), '80 %'),
  ];
  const lines = `${sources.length} files, ${tests.length} test files`;
  return { rows, summary: `${lines}; longest file ${max(fileLines)} lines, longest function ${max(functionLines)}` };
}

/** @param {{ rows: Figures, summary: string }} figures */
export function printFigures({ rows, summary }) {
  for (const { label, value, aim } of rows) console.log(`  ${label.padEnd(36)}${value.padStart(10)}   aim ${aim}`);
  console.log(`\n${summary}`);
}

function besideCode(tests, sources) {
  const paths = new Set(sources.map((file) => file.path));
  const beside = tests.filter((test) => paths.has(test.path.replace('.test.', '.')));
  return tests.length === 0 ? '-' : `${Math.round((100 * beside.length) / tests.length)} %`;
}

function row(label, value, aim) {
  return { label, value: String(value), aim };
}

function pair(numbers) {
  return `${median(numbers)}, ${max(numbers)}`;
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

function max(numbers) {
  return numbers.reduce((largest, each) => Math.max(largest, each), 0);
}

function sum(numbers) {
  return numbers.reduce((total, each) => total + each, 0);
}

function ratio(part, whole) {
  return whole === 0 ? '-' : (part / whole).toFixed(2);
}
