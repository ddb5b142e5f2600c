import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { JsonObject } from '@runctl/core';
import { ToolFailure } from '../tool.ts';
import { type CodeJob, runCodeJob } from './code-job.ts';

/** Reads source texts, somewhere. @throws {ToolFailure} */
export type RunCodeJob = (job: CodeJob, signal: AbortSignal) => Promise<JsonObject>;

/** What a thread may cost. */
export interface CodeThreadLimits {
  /** Milliseconds for one job; then the thread is ended. Default 10 000. */
  jobMs: number;
  /** Jobs that wait; more are refused. Default 64. */
  waiting: number;
  /** Milliseconds without a job after which the thread ends, and its memory is free again. Default 30 000. */
  idleMs: number;
  /** Megabytes of heap. Default 128. */
  heapMB: number;
}

const DEFAULT_LIMITS: CodeThreadLimits = { jobMs: 10_000, waiting: 64, idleMs: 30_000, heapMB: 128 };
const builtEntry = new URL('./code-thread-entry.js', import.meta.url);

/**
 * Reads source texts in a thread of their own, so that no other task waits for a parser. Where the sources run as they
 * are, as in this package's tests, there is no file that a thread could load: then they are read on the spot.
 */
export function codeJobRunner(entry: URL = builtEntry, limits: Partial<CodeThreadLimits> = {}): RunCodeJob {
  if (!existsSync(fileURLToPath(entry))) return runCodeJob;
  const thread = new CodeThread(entry, { ...DEFAULT_LIMITS, ...limits });
  return (job, signal) => thread.run(job, signal);
}

interface Waiting {
  job: CodeJob;
  settle(end: { report: JsonObject } | { failure: unknown }): void;
}

/** One thread, started with the first job, that does one job at a time. What ends it fails that job alone. */
class CodeThread {
  readonly #entry: URL;
  readonly #limits: CodeThreadLimits;
  readonly #waiting = new Set<Waiting>();
  #worker: Worker | undefined;
  #current: Waiting | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(entry: URL, limits: CodeThreadLimits) {
    this.#entry = entry;
    this.#limits = limits;
  }

  async run(job: CodeJob, signal: AbortSignal): Promise<JsonObject> {
    signal.throwIfAborted();
    if (this.#waiting.size >= this.#limits.waiting) {
      const message = `${this.#limits.waiting} source texts wait to be read. Try again later.`;
      throw new ToolFailure({ code: 'tool_overloaded', message });
    }
    return new Promise((resolve, reject) => {
      const onAbort = () => waiting.settle({ failure: signal.reason });
      const waiting: Waiting = {
        job,
        settle: (end) => {
          signal.removeEventListener('abort', onAbort);
          this.#waiting.delete(waiting);
          if ('report' in end) resolve(end.report);
          else reject(end.failure);
        },
      };
      signal.addEventListener('abort', onAbort);
      this.#waiting.add(waiting);
      this.#next();
    });
  }

  #next(): void {
    if (this.#current !== undefined) return;
    clearTimeout(this.#timer);
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#worker?.unref();
      this.#timer = setTimeout(() => this.#end(), this.#limits.idleMs).unref();
      return;
    }
    this.#waiting.delete(next);
    this.#current = next;
    this.#worker ??= this.#start();
    // A job under way keeps the process alive, an idle thread does not.
    this.#worker.ref();
    this.#worker.postMessage(next.job);
    this.#timer = setTimeout(() => this.#onEnd(`took longer than ${this.#limits.jobMs} ms`), this.#limits.jobMs);
  }

  #start(): Worker {
    const worker = new Worker(this.#entry, {
      // The text is an outsider's: nothing of the process is there to be found.
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: this.#limits.heapMB, maxYoungGenerationSizeMb: 8 },
    });
    worker.on('message', (report: JsonObject) => this.#onReport(worker, report));
    worker.on('error', (error) => this.#onEnd(`broke the thread: ${error.message}`, worker));
    worker.on('exit', () => this.#onEnd('ended the thread', worker));
    return worker;
  }

  #onReport(worker: Worker, report: JsonObject): void {
    if (worker !== this.#worker) return;
    const done = this.#current;
    this.#current = undefined;
    done?.settle({ report });
    this.#next();
  }

  /** The thread is of no more use; the next job gets another. */
  #onEnd(why: string, worker = this.#worker): void {
    if (worker !== this.#worker) return;
    this.#end();
    const failed = this.#current;
    this.#current = undefined;
    const message = `The source text could not be read: reading it ${why}.`;
    failed?.settle({ failure: new ToolFailure({ code: 'tool_error', message }) });
    this.#next();
  }

  #end(): void {
    const worker = this.#worker;
    this.#worker = undefined;
    clearTimeout(this.#timer);
    void worker?.terminate();
  }
}
