import { parentPort } from 'node:worker_threads';
import { type CodeJob, runCodeJob } from './code-job.ts';

// The thread that reads source texts: a job in, its report out, one at a time.
parentPort?.on('message', async (job: CodeJob) => {
  parentPort?.postMessage(await runCodeJob(job));
});
