import type { TaskEvent, TraceStep } from '@runctl/sdk';
import { type Terminal, tinted } from '../terminal.ts';
import { cutTo, oneLine, severalLinesOfPieces } from '../terminal-text.ts';
import { duration, statusTint } from './cells.ts';
import { outcomeOf } from './step-outcome.ts';

/** Longest line about an event where the width is nobody's. */
const longest = 200;

/** Tells what happens to a task: a line an event, and what the model writes as it writes it. */
export class EventLines {
  /** What has been shown of what the last model step wrote, as it came. */
  written = '';
  readonly #progress: Terminal | undefined;
  readonly #live: Terminal | undefined;
  #step = 0;
  #safe = severalLinesOfPieces();
  #isWithinLine = false;

  /** `progress` gets the lines, `live` the words. */
  constructor(progress: Terminal | undefined, live: Terminal | undefined) {
    this.#progress = progress;
    this.#live = live;
  }

  /** Shows one event. */
  show(event: TaskEvent): void {
    if (event.type === 'output.delta') this.#write(event.data.step, event.data.text);
    else if (event.type === 'task.status') this.#line(event.data.status, event.data.status);
    else if (event.type === 'log') this.#line('log', `${event.data.level}: ${event.data.message}`);
    else if (event.type === 'action.requested') this.#line('waiting', todo(event));
    else if (event.type !== 'step.started') this.#line(event.data.status, stepLine(event.data));
  }

  /** Ends the line that was being written. */
  end(): void {
    if (this.#isWithinLine) this.#live?.write('\n');
    this.#isWithinLine = false;
  }

  #write(step: number, text: string): void {
    if (step !== this.#step) {
      this.end();
      this.written = '';
      this.#safe = severalLinesOfPieces();
      this.#step = step;
    }
    if (this.#live === undefined) return;
    this.written += text;
    const shown = this.#safe(text);
    this.#live.write(shown);
    if (shown !== '') this.#isWithinLine = !shown.endsWith('\n');
  }

  #line(status: string, text: string | undefined): void {
    if (this.#progress === undefined || text === undefined) return;
    this.end();
    const line = cutTo(oneLine(text), (this.#progress.width ?? longest) - 2);
    this.#progress.write(`${tinted(this.#progress, statusTint(status), '·')} ${tinted(this.#progress, 'dim', line)}\n`);
  }
}

function stepLine(row: TraceStep): string {
  const { step, kind, name, status, durationMs, inherited, tool } = row;
  const how = [
    ...(inherited ? ['inherited'] : [duration(durationMs)]),
    ...(tool?.replayed ? ['recorded answer'] : []),
    ...(status === 'failed' ? ['failed'] : []),
  ];
  return `step ${step} ${kind} ${name} (${how.join(', ')}) ${outcomeOf(row)}`;
}

/** What a person can do about what a task waits for, if anything. */
function todo({ taskId, data }: Extract<TaskEvent, { type: 'action.requested' }>): string | undefined {
  if (data.kind === 'approval') {
    const call = `${data.toolName} ${JSON.stringify(data.arguments)}`;
    return `waits: \`runctl tasks approve ${taskId}\` or reject: ${call}`;
  }
  return data.kind === 'input' ? `waits: \`runctl tasks respond ${taskId} ...\`: ${data.question}` : undefined;
}
