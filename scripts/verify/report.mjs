const signs = { passed: '✓', failed: '✗', skipped: '-' };
/** A failed step prints the end of its output, where the reason stands; lines. */
const shownLines = 200;

/** @param {import('./run-steps.mjs').Outcome} outcome */
export function printStep({ name, status, seconds, note, lines, warning, output }) {
  const time = status === 'skipped' ? '' : `${seconds.toFixed(1)} s`;
  console.log(`  ${signs[status]} ${name.padEnd(16)}${time.padStart(8)}   ${note}`.trimEnd());
  if (lines) console.log(indented(lines.join('\n')));
  if (warning) console.log(indented(`warning: ${warning}`));
  if (output) console.log(indented(lastLines(output)));
}

/**
 * @param {import('./run-steps.mjs').Outcome[]} outcomes
 * @param {number} seconds
 * @returns {number} the exit code
 */
export function printSummary(outcomes, seconds) {
  const sum = (field) => outcomes.reduce((total, outcome) => total + outcome[field], 0);
  const named = (status) => outcomes.filter((outcome) => outcome.status === status).map((outcome) => outcome.name);
  console.log(`\n${outcomes.length} steps in ${seconds.toFixed(1)} s`);
  if (named('failed').length > 0) console.log(`failed: ${named('failed').join(', ')}`);
  if (named('skipped').length > 0) console.log(`not run: ${named('skipped').join(', ')}`);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
  return sum('failed') > 0 || sum('passed') === 0 ? 1 : 0;
}

function lastLines(text) {
  const lines = text.trimEnd().split('\n');
  if (lines.length <= shownLines) return lines.join('\n');
  return `… ${lines.length - shownLines} lines before\n${lines.slice(-shownLines).join('\n')}`;
}

function indented(text) {
  return text.replace(/^/gm, '      ');
}
