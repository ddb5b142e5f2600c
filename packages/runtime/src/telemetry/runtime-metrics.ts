import { Counter, Gauge, Histogram, type Metric, type Reading } from './metric.ts';

/** Seconds. Answers come within milliseconds, held ones within a minute. */
const requestBounds = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];
/** Seconds. */
const commitBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
/** Seconds. A model takes its time. */
const callBounds = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
/** Seconds. */
const waitBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 120, 600];
/** Seconds, from creation to the end. */
const taskBounds = [0.05, 0.25, 1, 5, 15, 60, 300, 900, 3_600];
/** Writes. */
const groupBounds = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/** Figures that are asked for when the page is read. */
export interface Readings {
  /** Tasks that are not finished, by status, over the whole store. */
  tasks: () => Promise<readonly Reading[]>;
  /** Slots of this process: `busy` and `total`. */
  slots: () => readonly Reading[];
  /** Streams that are read from this process. */
  eventReaders: () => number;
}

/**
 * All that this process counts. Labels are names of ours: routes as templates, providers, kinds, statuses; no tenant,
 * no id, no text of anybody's.
 */
export class RuntimeMetrics {
  readonly requests = new Counter({
    name: 'runctl_http_requests_total',
    help: 'Requests answered, by route as a template, and status.',
    labels: ['route', 'status'],
  });
  readonly requestSeconds = new Histogram({
    name: 'runctl_http_request_duration_seconds',
    help: 'Until the answer began; held reads are as long as they were held.',
    labels: ['route'],
    bounds: requestBounds,
  });
  readonly taskRuns = new Counter({
    name: 'runctl_task_runs_total',
    help: 'Claims of tasks that this process ended: completed, failed, waiting, or handed_back to the queue.',
    labels: ['outcome'],
  });
  readonly taskSeconds = new Histogram({
    name: 'runctl_task_duration_seconds',
    help: 'From the creation of a task to its end, of those that ended in this process.',
    labels: ['status'],
    bounds: taskBounds,
  });
  readonly pickupSeconds = new Histogram({
    name: 'runctl_task_pickup_seconds',
    help: 'From when a task could first run until this process took it up.',
    bounds: waitBounds,
  });
  readonly steps = new Counter({
    name: 'runctl_steps_total',
    help: 'Steps that this process committed, by kind and status.',
    labels: ['kind', 'status'],
  });
  readonly modelCalls = new Counter({
    name: 'runctl_model_calls_total',
    help: 'Calls of models, retries within one not counted; outcome is ok or the code of the failure.',
    labels: ['provider', 'outcome'],
  });
  readonly modelSeconds = new Histogram({
    name: 'runctl_model_call_duration_seconds',
    help: 'Calls of models, retries included.',
    labels: ['provider'],
    bounds: callBounds,
  });
  readonly modelTokens = new Counter({
    name: 'runctl_model_tokens_total',
    help: 'Tokens that models counted: input (cache included), cache_read, cache_write, output.',
    labels: ['provider', 'type'],
  });
  readonly modelCost = new Counter({
    name: 'runctl_model_cost_usd_total',
    help: 'What calls of models cost, as far as their prices are known.',
    labels: ['provider'],
  });
  readonly toolCalls = new Counter({
    name: 'runctl_tool_calls_total',
    help: 'Calls of tools: built-in ones by name, all others as http; outcome is ok or the code of the failure.',
    labels: ['tool', 'outcome'],
  });
  readonly toolSeconds = new Histogram({
    name: 'runctl_tool_call_duration_seconds',
    help: 'Calls of tools.',
    labels: ['tool'],
    bounds: callBounds,
  });
  readonly commitSeconds = new Histogram({
    name: 'runctl_store_commit_seconds',
    help: 'From when a step was given to the store until it was committed.',
    bounds: commitBounds,
  });
  readonly commitGroup = new Histogram({
    name: 'runctl_store_commit_group_size',
    help: 'Writes that one transaction committed together.',
    bounds: groupBounds,
  });
  readonly webhookDeliveries = new Counter({
    name: 'runctl_webhook_deliveries_total',
    help: 'Attempts to deliver a webhook: delivered, failed (to be tried again), or given_up.',
    labels: ['outcome'],
  });
  readonly errors = new Counter({
    name: 'runctl_errors_total',
    help: 'Failures that nobody foresaw; the log has the details.',
  });

  /** Every family, those that are read now among them. */
  families({ tasks, slots, eventReaders }: Readings): Metric[] {
    return [
      ...Object.values(this).filter((member) => member instanceof Counter || member instanceof Histogram),
      new Gauge(
        {
          name: 'runctl_tasks',
          help: 'Tasks of the whole store that are not finished; every process shows the same. Counted up to 100000.',
          labels: ['status'],
        },
        tasks,
      ),
      new Gauge({ name: 'runctl_worker_slots', help: 'Slots of this process for tasks.', labels: ['state'] }, slots),
      new Gauge({ name: 'runctl_event_stream_readers', help: 'Event streams that are open here.' }, () => [
        [[], eventReaders()],
      ]),
    ];
  }
}
