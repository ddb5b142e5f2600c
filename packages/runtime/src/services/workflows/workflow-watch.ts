import type { AgentWatch } from '../deployments/agent-watch.ts';
import type { WaitQuery } from '../tasks.ts';
import type { WorkflowProgress } from './find-workflow.ts';
import { isLive } from './transition.ts';

/**
 * Step follows step: a held read tells of what came of them in so many milliseconds; at once of the end, and where the
 * workflow has come to wait for somebody.
 */
const lingerMs = 1_000;

/** Resolves when the workflow's version is above the caller's, or with its end, or when the time is up. */
export async function awaitWorkflow(
  watch: Pick<AgentWatch, 'until'>,
  look: () => Promise<WorkflowProgress>,
  id: string,
  { wait = 0, version }: WaitQuery,
  signal: AbortSignal,
): Promise<void> {
  const first = await look();
  if (!isLive(first.status)) return;
  const known = version ?? first.version;
  const waitMs = wait * 1_000;
  const seen = await watch.until(id, look, (now) => now.version > known || !isLive(now.status), { waitMs, signal });
  if (!moves(seen) || seen.version <= known) return;
  await watch.until(id, look, (now) => !moves(now), { waitMs: Math.min(lingerMs, waitMs), signal });
}

/** Resolves when the workflow has ended or waits for somebody, or when the time is up. */
export async function awaitRest(
  watch: Pick<AgentWatch, 'until'>,
  look: () => Promise<WorkflowProgress>,
  id: string,
  wait: number,
  signal: AbortSignal,
): Promise<void> {
  if (moves(await look())) await watch.until(id, look, (now) => !moves(now), { waitMs: wait * 1_000, signal });
}

/** Whether more is to come of it soon. */
function moves({ status }: WorkflowProgress): boolean {
  return isLive(status) && status !== 'waiting';
}
