import type { StepRow, TaskRow } from '../store/schema.ts';
import type { StepCommit } from '../store/store.ts';
import type { Span, SpanAttributes, SpanSink } from './span.ts';
import { spanIdOf, traceIdOf } from './trace-context.ts';

/** Providers whose names OpenTelemetry has written otherwise. */
const providerNames: Readonly<Record<string, string>> = { google: 'gcp.gemini' };

/**
 * Makes spans of what was committed: one a step, one a task when it ends. They hold names, numbers and ids; what models
 * were asked and answered is in the trace that the API shows, under its tenant's key, and not here.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-agent-spans/
 */
export class TaskSpans {
  readonly #sink: SpanSink;
  readonly #isSampled: (traceId: string) => boolean;
  readonly #tasks = new Map<string, { row: TaskRow; traceId: string }>();

  constructor(sink: SpanSink, isSampled: (traceId: string) => boolean) {
    this.#sink = sink;
    this.#isSampled = isSampled;
  }

  took(row: TaskRow): void {
    const traceId = traceIdOf(row.root_task_id ?? row.id);
    if (this.#isSampled(traceId)) this.#tasks.set(row.id, { row, traceId });
  }

  left({ id }: Pick<TaskRow, 'id'>): void {
    this.#tasks.delete(id);
  }

  committed(commit: StepCommit): void {
    const known = this.#tasks.get(commit.lease.taskId);
    if (known === undefined) return;
    for (const step of [commit.step, ...(commit.moreSteps ?? [])]) {
      if (step !== undefined) this.#sink.add(stepSpan(step, known.row, known.traceId, commit.now));
    }
    const { end } = commit;
    if (end?.status === 'completed' || end?.status === 'failed') {
      this.#sink.add(taskSpan(known.row, known.traceId, end, commit));
    }
  }
}

function stepSpan(step: StepRow, task: TaskRow, traceId: string, now: number): Span {
  const { name, kind, attributes } = described(step);
  return {
    traceId,
    spanId: spanIdOf(step.task_id, step.step),
    parentSpanId: spanIdOf(step.task_id),
    name,
    kind,
    startMs: step.started_at,
    endMs: step.finished_at ?? now,
    attributes: {
      ...attributes,
      'runctl.tenant.id': step.tenant_id,
      'runctl.task.id': step.task_id,
      'runctl.step': step.step,
      'runctl.step.kind': step.kind,
      'runctl.step.status': step.status,
      'runctl.attempt': task.attempt,
    },
    error: errorCode(step.error),
  };
}

function described(step: StepRow): Pick<Span, 'name' | 'kind'> & { attributes: SpanAttributes } {
  if (step.model !== null) {
    const { provider, model, finishReason, simulated } = JSON.parse(step.model) as StoredModel;
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': providerNames[provider] ?? provider,
      'gen_ai.request.model': model,
      'gen_ai.response.finish_reasons': finishReason === null ? undefined : [finishReason],
      'gen_ai.usage.input_tokens': step.input_tokens ?? undefined,
      'gen_ai.usage.output_tokens': step.output_tokens ?? undefined,
      'gen_ai.usage.cache_read.input_tokens': step.cache_read_tokens ?? undefined,
      'gen_ai.usage.cache_creation.input_tokens': step.cache_write_tokens ?? undefined,
      'runctl.cost_usd': step.cost_microusd === null ? undefined : step.cost_microusd / 1e6,
      'runctl.simulated': simulated,
    };
    return { name: `chat ${model}`, kind: 'client', attributes };
  }
  const { callId, replayed } = JSON.parse(step.tool ?? '{}') as { callId?: string; replayed?: boolean };
  const attributes = {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': step.name,
    'gen_ai.tool.call.id': callId,
    'runctl.replayed': replayed,
  };
  return { name: `execute_tool ${step.name}`, kind: 'internal', attributes };
}

interface StoredModel {
  provider: string;
  model: string;
  finishReason: string | null;
  simulated: boolean;
}

function taskSpan(
  task: TaskRow,
  traceId: string,
  end: { status: string; error?: string },
  { now, step }: StepCommit,
): Span {
  return {
    traceId,
    spanId: spanIdOf(task.id),
    parentSpanId: task.parent_task_id === null ? undefined : spanIdOf(task.parent_task_id),
    name: 'invoke_agent',
    kind: 'internal',
    startMs: task.started_at ?? task.created_at,
    endMs: now,
    attributes: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.id': task.agent_id ?? undefined,
      'runctl.tenant.id': task.tenant_id,
      'runctl.task.id': task.id,
      'runctl.task.status': end.status,
      'runctl.task.steps': step?.step,
      'runctl.attempt': task.attempt,
    },
    error: end.status === 'failed' ? (errorCode(end.error) ?? 'failed') : undefined,
  };
}

/** The code alone: a message may hold what no trace should. */
function errorCode(json: string | null | undefined): string | undefined {
  if (json === null || json === undefined) return undefined;
  return (JSON.parse(json) as { code?: string }).code;
}
