/**
 * Lines up rows under their headings. Numbers stand right, text left.
 *
 * @param {Record<string, string | number>[]} rows
 */
export function table(rows) {
  const headings = Object.keys(rows[0] ?? {});
  const isNumeric = (heading) =>
    rows.every((row) => typeof row[heading] === 'number' || /^[\d.,$–-]+( ms)?$/.test(row[heading]));
  const columns = headings.map((heading) => {
    const width = Math.max(heading.length, ...rows.map((row) => String(row[heading]).length));
    return { heading, pad: isNumeric(heading) ? (text) => text.padStart(width) : (text) => text.padEnd(width), width };
  });
  const line = (cell) => columns.map(cell).join('   ').trimEnd();
  return [
    line(({ heading, pad }) => pad(heading)),
    line(({ width }) => '─'.repeat(width)),
    ...rows.map((row) => line(({ heading, pad }) => pad(String(row[heading])))),
  ]
    .map((text) => `  ${text}`)
    .join('\n');
}

/**
 * A trace as a person likes to read it.
 *
 * @param {import('@runctl/sdk').TaskTrace} trace
 */
export function traceTable(trace) {
  return table(
    trace.steps.map((step) => ({
      step: step.step,
      kind: step.kind,
      name: step.name,
      time: step.inherited ? '–' : `${step.durationMs ?? 0} ms`,
      tokens: step.inherited || step.usage === null ? '–' : step.usage.inputTokens + step.usage.outputTokens,
      cost: costOf(step),
      note: noteOf(step),
    })),
  );
}

function costOf(step) {
  if (step.inherited || step.usage === null) return '–';
  return step.usage.costUsd === null ? 'unknown' : `$${step.usage.costUsd.toFixed(4)}`;
}

function noteOf(step) {
  const notes = [];
  if (step.inherited) notes.push('inherited');
  if (step.tool?.replayed) notes.push('recorded answer');
  if (step.model?.simulated) notes.push('simulated');
  if (step.status === 'failed') notes.push(`failed: ${step.error?.message}`);
  return notes.join(', ');
}
