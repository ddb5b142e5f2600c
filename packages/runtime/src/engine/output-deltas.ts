import type { TraceStep } from '@runctl/tasks';
import type { LoopAction } from '../loops/loop.ts';
import type { Signals } from '../store/store.ts';

/** What happens within a step, for who reads along now. It is kept nowhere; the end of the step says it all again. */
export type LiveEvent =
  | { type: 'step.started'; step: number; data: TraceStep }
  | { type: 'output.delta'; step: number; text: string };

type Listener = (event: LiveEvent) => void;

/** As it travels between processes: who wants what, and what there is. */
type Signal = ['want', string] | ['live', string, LiveEvent];

/** Readers in other processes say so again this often, in milliseconds. */
const wantEveryMs = 10_000;
/** Without that, they are taken for gone, in milliseconds. */
const wantedForMs = 30_000;
/** Letters of a piece of text: however they are written down, a notification holds them. */
const longestPiece = 300;
/** Characters of a signal. */
const longestSignal = 2_000;

/**
 * The text of models as they write it, and the steps as they begin. In this process it goes from hand to hand; to other
 * processes it goes only while one of them has said that somebody reads there.
 */
export class LiveOutput {
  readonly #signals: Signals;
  readonly #now: () => number;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #wantedElsewhere = new Map<string, number>();
  readonly #stopListening: () => void;
  readonly #timer: NodeJS.Timeout;

  constructor(signals: Signals, now: () => number = Date.now) {
    this.#signals = signals;
    this.#now = now;
    this.#stopListening = signals.listen(
      (text) => this.#receive(JSON.parse(text) as Signal),
      () => this.#renew(),
    );
    this.#timer = setInterval(() => this.#renew(), wantEveryMs).unref();
  }

  /** Adds a reader of a task; returns the way to remove it. */
  listen(taskId: string, listener: Listener): () => void {
    const beside = this.#listeners.get(taskId) ?? new Set();
    beside.add(listener);
    this.#listeners.set(taskId, beside);
    if (beside.size === 1) this.#signal(['want', taskId]);
    return () => {
      beside.delete(listener);
      if (beside.size === 0 && this.#listeners.get(taskId) === beside) this.#listeners.delete(taskId);
    };
  }

  /** A step begins: it is described only where somebody reads. */
  stepStarted(taskId: string, describe: () => TraceStep): void {
    if (!this.#isWanted(taskId)) return;
    const data = describe();
    this.#tell(taskId, { type: 'step.started', step: data.step, data });
  }

  /** A model has written more. */
  textDelta(taskId: string, step: number, text: string): void {
    if (text !== '' && this.#isWanted(taskId)) this.#tell(taskId, { type: 'output.delta', step, text });
  }

  /** Ends what it does by itself. */
  close(): void {
    clearInterval(this.#timer);
    this.#stopListening();
  }

  #isWanted(taskId: string): boolean {
    return this.#listeners.has(taskId) || this.#wantedElsewhere.has(taskId);
  }

  #tell(taskId: string, event: LiveEvent): void {
    this.#tellHere(taskId, event);
    if (!this.#wantedElsewhere.has(taskId)) return;
    for (const piece of piecesOf(event)) this.#signal(['live', taskId, piece]);
  }

  #tellHere(taskId: string, event: LiveEvent): void {
    const listeners = this.#listeners.get(taskId);
    if (listeners !== undefined) for (const listener of listeners) listener(event);
  }

  #receive(signal: Signal): void {
    if (signal[0] === 'want') this.#wantedElsewhere.set(signal[1], this.#now());
    else this.#tellHere(signal[1], signal[2]);
  }

  #signal(signal: Signal): void {
    const text = JSON.stringify(signal);
    if (text.length <= longestSignal) this.#signals.send(text);
  }

  #renew(): void {
    for (const taskId of this.#listeners.keys()) this.#signal(['want', taskId]);
    const gone = this.#now() - wantedForMs;
    for (const [taskId, wantedAt] of this.#wantedElsewhere) if (wantedAt < gone) this.#wantedElsewhere.delete(taskId);
  }
}

/** What was said to a step may be long; elsewhere it comes with the step's end. */
function piecesOf(event: LiveEvent): LiveEvent[] {
  if (event.type === 'step.started') return [{ ...event, data: { ...event.data, input: null } }];
  const pieces: LiveEvent[] = [];
  for (let start = 0; start < event.text.length; start += longestPiece) {
    pieces.push({ ...event, text: event.text.slice(start, start + longestPiece) });
  }
  return pieces;
}

/** A step of a task as it begins. */
export function startedStep(taskId: string, step: number, action: LoopAction, startedAt: number): TraceStep {
  return {
    taskId: taskId as TraceStep['taskId'],
    step,
    ...describe(action),
    status: 'running',
    inherited: false,
    output: null,
    error: null,
    childTaskId: null,
    usage: null,
    startedAt: new Date(startedAt).toISOString(),
    finishedAt: null,
    durationMs: null,
  };
}

function describe(action: LoopAction): Pick<TraceStep, 'kind' | 'name' | 'input' | 'model' | 'tool'> {
  if (action.kind === 'model') {
    const { provider, model, messages } = action.request;
    return {
      kind: action.stepKind,
      name: action.name,
      input: messages.at(-1)?.content ?? null,
      model: { provider, model, finishReason: null, simulated: provider === 'simulated' },
      tool: null,
    };
  }
  const { name, callId, arguments: input } = action.call;
  const kind = action.kind === 'tool' ? 'tool' : 'delegation';
  return { kind, name, input, model: null, tool: { name, callId, replayed: false } };
}
