import type { AlignedStep, TaskComparison } from '@runctl/sdk';
import type { Command } from 'commander';
import { examples } from '../examples-text.ts';
import { type Column, printFields, printJson, printTable } from '../print-table.ts';
import { asText, duration, money, statusTint } from './cells.ts';
import { type ConnectionOptions, command } from './connection.ts';
import { withSession } from './session.ts';

const columns: Column<AlignedStep>[] = [
  { heading: 'base', cell: ({ baseStep }) => baseStep, align: 'right' },
  { heading: 'other', cell: ({ otherStep }) => otherStep, align: 'right' },
  { heading: 'is', cell: ({ op }) => op, tint: ({ op }) => statusTint(op) },
];

/** `runctl tasks compare`. */
export function compareCommand(): Command {
  return command('compare')
    .description(
      'Align two tasks step by step: where they part, and what the other took more or less. No model is asked.',
    )
    .argument('<base>', 'a task, by id')
    .argument('<other>', 'another, such as a fork of it')
    .addHelpText(
      'after',
      examples(
        'runctl tasks compare tsk_a... tsk_b...',
        'runctl tasks compare tsk_a... tsk_b... --json | jq .identical',
      ),
    )
    .action((base: string, other: string, options: ConnectionOptions) =>
      withSession(options, async ({ client, out, json }) => {
        const comparison = await client.tasks.compare(base, other);
        if (json) return printJson(comparison, out);
        if (comparison.steps.length > 0) printTable(columns, comparison.steps, out);
        out.write('\n');
        printFields([...divergence(comparison), ...deltas(comparison)], out);
      }),
    );
}

/** Or a step that is the same, and where they part, would read as a contradiction. */
const atEntry: [string, string] = ['that is', 'the state at entry; a step is the same by its call and its answer'];

function divergence({ firstDivergence: first, commonAncestor }: TaskComparison): [string, string | null][] {
  const origin = commonAncestor === null ? 'none' : `${commonAncestor.taskId}, up to step ${commonAncestor.step}`;
  if (first === null) return [['they part', 'nowhere: nothing differs']];
  const where = [
    ...(first.baseStep === null ? [] : [`step ${first.baseStep} of the base`]),
    ...(first.otherStep === null ? [] : [`step ${first.otherStep} of the other`]),
  ].join(', ');
  return [
    ['in common', origin],
    ['they part', `${where || 'at the end'}: ${first.kind} (${first.pointer || '/'})`],
    ['in the base', asText(first.base)],
    ['in the other', asText(first.other)],
    ...(first.pointer.startsWith('/snapshot/') ? [atEntry] : []),
  ];
}

/** Other minus base. */
function deltas({ deltas: by }: TaskComparison): [string, string | null][] {
  return [
    ['more steps', signed(by.steps)],
    ['more tokens', signed(by.tokens)],
    ['more cost', by.costUsd === null ? 'unknown' : `${by.costUsd < 0 ? '' : '+'}${money(by.costUsd)}`],
    [
      'more time',
      by.durationMs === null ? null : `${by.durationMs < 0 ? '-' : '+'}${duration(Math.abs(by.durationMs))}`,
    ],
  ];
}

function signed(number: number): string {
  return number < 0 ? `${number}` : `+${number}`;
}
