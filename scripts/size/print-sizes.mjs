const kilobytes = (bytes) => `${(bytes / 1000).toFixed(2)} kB`;

/** @param {import('./measure-bundles.mjs').MeasuredBundle[]} measured */
export function printSizes(measured) {
  console.log('  bundle, minified and gzipped            size     budget    used');
  for (const { name, bytes, budget } of measured) {
    const used = `${Math.round((100 * bytes) / budget)} %`;
    console.log(
      `  ${name.padEnd(32)}${kilobytes(bytes).padStart(12)}${kilobytes(budget).padStart(11)}${used.padStart(8)}`,
    );
  }
  for (const { name, bytes, budget } of measured) {
    if (bytes > budget)
      console.log(`  ${name} misses its budget by ${kilobytes(bytes - budget)}; see docs/decisions/0001.`);
  }
  const fullest = measured.reduce((fuller, each) =>
    each.bytes / each.budget > fuller.bytes / fuller.budget ? each : fuller,
  );
  const used = Math.round((100 * fullest.bytes) / fullest.budget);
  console.log(`\nlargest share of its budget: ${fullest.name}, ${kilobytes(fullest.bytes)}, ${used} %`);
}

/** @param {{ path: string, bytes: number }[]} contents */
export function printContents(contents) {
  for (const { path, bytes } of contents) console.log(`${String(bytes).padStart(8)}  ${path}`);
  console.log(`${String(contents.reduce((sum, { bytes }) => sum + bytes, 0)).padStart(8)}  bytes before compression`);
}
