import { compilers, settings } from './settings.mjs';

const width = 14;

/**
 * @param {import('./check-types.mjs').Checked[]} checked
 * @returns {string} a row a compiler, a column a setting, seconds in the cells; then what was complained of
 */
export function printMatrix(checked) {
  const names = Object.keys(settings);
  const cell = (line, setting) => {
    const { complaints, seconds } = checked.find((one) => one.line === line && one.setting === setting);
    return complaints ? 'FAILED' : `${seconds.toFixed(1)} s`;
  };
  const lines = [...new Set(checked.map(({ line }) => line))];
  return [
    row('TypeScript', names),
    ...lines.map((line) =>
      row(
        compilers[line],
        names.map((setting) => cell(line, setting)),
      ),
    ),
    ...complaintsOf(checked),
  ].join('\n');
}

/** @param {import('./check-types.mjs').Checked[]} checked */
export function complaintsOf(checked) {
  return checked
    .filter(({ complaints }) => complaints)
    .map(({ line, setting, complaints }) => `\nTypeScript ${compilers[line]}, ${setting}:\n${complaints}`);
}

function row(title, cells) {
  return `  ${title.padEnd(width)}${cells.map((cell) => cell.padEnd(width)).join('')}`.trimEnd();
}
