import type { WorkflowRow } from '../../store/workflow-rows.ts';
import type { AgentWatch } from '../deployments/agent-watch.ts';
import type { WaitQuery } from '../tasks.ts';
import { isLive } from './transition.ts';

/** Step follows step: a held read tells of what came of them in so many milliseconds, and of the end at once. */
const lingerMs = 200;

/** Holds a read until the workflow's version is above the caller's, or its end, or the time is up. */
export async function awaitWorkflow(
  watch: Pick<AgentWatch, 'until'>,
  read: () => Promise<WorkflowRow>,
  id: string,
  { wait = 0, version }: WaitQuery,
  signal: AbortSignal,
): Promise<WorkflowRow> {
  const first = await read();
  if (!isLive(first.status) || wait === 0) return first;
  const known = version ?? first.version;
  const waitMs = wait * 1_000;
  const row = await watch.until(id, read, (seen) => seen.version > known || !isLive(seen.status), { waitMs, signal });
  if (!isLive(row.status) || row.version <= known) return row;
  return watch.until(id, read, (seen) => !isLive(seen.status), { waitMs: Math.min(lingerMs, waitMs), signal });
}
