const checks = ['create', 'list', 'iterate', 'wait', 'stream', 'error', 'abort'];
const width = 12;

export function printHeading() {
  console.log(
    `\n  ${'host'.padEnd(11)}${'version'.padEnd(17)}${checks.map((name) => name.padEnd(width)).join('')}time`,
  );
}

/**
 * @param {string} name
 * @param {string} version
 * @param {import('./hosts.mjs').SmokeResults | { skipped: string }} results
 * @param {number} seconds
 * @returns {boolean} false where something that ran went wrong
 */
export function printHost(name, version, results, seconds) {
  const start = `  ${name.padEnd(11)}${version.padEnd(17)}`;
  if ('skipped' in results) {
    console.log(`${start}skipped: ${results.skipped}`);
    return true;
  }
  const cells = checks.map((check) => wordFor(results.find((result) => result.name === check)).padEnd(width));
  console.log(`${start}${cells.join('')}${seconds.toFixed(1)} s`);
  const wrong = results.filter(({ outcome }) => !['ok', 'not served'].includes(outcome));
  for (const { name: check, outcome } of wrong) console.log(`      ${check}: ${outcome.replaceAll('\n', '\n      ')}`);
  return wrong.length === 0;
}

function wordFor(result) {
  if (!result) return '-';
  return ['ok', 'not served'].includes(result.outcome) ? result.outcome : 'FAILED';
}
