import type { TaskTrace, TraceStep } from '@runctl/sdk';
import { type Command, Option } from 'commander';
import { examples } from '../examples-text.ts';
import { type Column, printFields, printJson, printTable } from '../print-table.ts';
import { severalLines } from '../terminal-text.ts';
import { asText, count, duration, money, statusTint } from './cells.ts';
import { type ConnectionOptions, command } from './connection.ts';
import { atLeastOne } from './list-options.ts';
import { type Session, withSession } from './session.ts';
import { outcomeOf } from './step-outcome.ts';

/** Longest output in a table that no terminal cuts. */
const longestOutput = 160;
/** How deep the tasks are shown that a task has handed out. */
const deepest = 5;

interface Row {
  label: string;
  step: TraceStep;
}

const columns: Column<Row>[] = [
  { heading: 'step', cell: ({ label }) => label, align: 'left', whole: true },
  { heading: 'kind', cell: ({ step }) => step.kind, tint: ({ step }) => statusTint(step.status) },
  { heading: 'name', cell: ({ step }) => step.name, least: 12 },
  { heading: 'time', cell: ({ step }) => (step.inherited ? null : duration(step.durationMs)), align: 'right' },
  { heading: 'tokens', cell: ({ step }) => tokensOf(step), align: 'right' },
  { heading: 'cost', cell: ({ step }) => costOf(step), align: 'right' },
  { heading: 'note', cell: ({ step }) => noteOf(step), tint: ({ step }) => (step.error ? 'red' : 'dim') },
  { heading: 'decision or output', cell: ({ step }) => outcomeOf(step).slice(0, longestOutput), least: 16 },
];

/** `runctl tasks trace`. */
export function traceCommand(): Command {
  return command('trace')
    .description('Show every step of a task: what it did, how long it took, what it cost, what came of it.')
    .argument('<task>', 'its id')
    .addOption(new Option('--step <number>', 'this step alone, with all of its input and output').argParser(atLeastOne))
    .option('--children', 'with the steps of the tasks that it handed out')
    .addHelpText(
      'after',
      examples(
        'runctl tasks trace tsk_...',
        'runctl tasks trace tsk_... --step 2',
        'runctl tasks trace tsk_... --json | jq \'.steps[] | select(.kind == "tool") | .name\'',
      ),
    )
    .action((id: string, options: ConnectionOptions & { step?: number; children?: boolean }) =>
      withSession(options, async (session) => {
        if (options.step !== undefined) return showStep(session, await session.client.tasks.getStep(id, options.step));
        const trace = await session.client.tasks.getTrace(id);
        if (session.json) return printJson(trace, session.out);
        const rows = await rowsOf(session, trace, options.children ? deepest : 0);
        if (rows.length > 0) printTable(columns, rows, session.out);
        session.out.write(`${totals(trace)}\n`);
      }),
    );
}

async function rowsOf(session: Session, trace: TaskTrace, depth: number, before = ''): Promise<Row[]> {
  const rows: Row[] = [];
  for (const step of trace.steps) {
    const label = `${before}${step.step}`;
    rows.push({ label, step });
    if (step.childTaskId === null || depth === 0) continue;
    const child = await session.client.tasks.getTrace(step.childTaskId);
    rows.push(...(await rowsOf(session, child, depth - 1, `${label}.`)));
  }
  return rows;
}

function totals({ status, totals: sum, forkedFrom }: TaskTrace): string {
  const origin = forkedFrom === null ? '' : `, forked from ${forkedFrom.taskId} at step ${forkedFrom.step}`;
  const calls = `${count(sum.modelCalls, 'model call')}, ${count(sum.toolCalls, 'tool call')}`;
  const tokens = `${sum.inputTokens} tokens in, ${sum.outputTokens} out`;
  return `${status}: ${count(sum.steps, 'step')}, ${calls}, ${duration(sum.durationMs)}, ${tokens}, ${money(sum.costUsd)}${origin}`;
}

function tokensOf({ usage, inherited }: TraceStep): number | null {
  return usage === null || inherited ? null : usage.inputTokens + usage.outputTokens;
}

function costOf({ usage, inherited }: TraceStep): string | null {
  return usage === null || inherited ? null : money(usage.costUsd);
}

function noteOf({ status, inherited, tool, model, error, childTaskId }: TraceStep): string {
  return [
    ...(status === 'completed' ? [] : [error === null ? status : `${status}: ${error.code}`]),
    ...(inherited ? ['inherited'] : []),
    ...(tool?.replayed ? ['recorded answer'] : []),
    ...(model?.simulated ? ['simulated'] : []),
    ...(childTaskId === null ? [] : [childTaskId]),
  ].join(', ');
}

function showStep({ out, json }: Session, step: TraceStep): void {
  if (json) {
    printJson(step, out);
    return;
  }
  printFields(
    [
      ['task', step.taskId],
      ['step', step.step],
      ['kind', step.kind],
      ['name', step.name],
      ['status', step.status],
      ['note', noteOf(step)],
      ['time', duration(step.durationMs)],
      ['tokens', tokensOf(step)],
      ['cost', costOf(step)],
      ['error', step.error === null ? null : `${step.error.message} (${step.error.code})`],
    ],
    out,
  );
  out.write(`\ninput\n${severalLines(asText(step.input, 2))}\n\noutput\n${severalLines(asText(step.output, 2))}\n`);
}
