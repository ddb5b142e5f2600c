/** Calls `work` so many times, at most `concurrency` at once. */
export async function atOnce(times, concurrency, work) {
  const results = [];
  let begun = 0;
  const worker = async () => {
    while (begun < times) {
      begun += 1;
      results.push(await work());
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return results;
}

/** The value below which so many percent of the values lie. */
export function percentile(values, percent) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? null;
}

/** Whole where large, one decimal where small. */
export function round(value) {
  return value >= 100 ? Math.round(value) : Math.round(value * 10) / 10;
}

/** With two decimals, for ratios. */
export function hundredths(value) {
  return value.toFixed(2);
}

/** A figure, and the bar that it is held to. */
export function against(value, bar) {
  return `${value} (${bar})`;
}
