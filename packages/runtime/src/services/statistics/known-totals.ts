import type { Span } from '../period-window.ts';
import type { TenantScope } from '../tenant-scope.ts';
import type { ClosedSpans } from './closed-spans.ts';
import {
  type DetailedTotals,
  type FinishedFilter,
  type FinishedTotals,
  totalByVersion,
  totalFinished,
  totalInDetail,
  type VersionTotals,
} from './finished-tasks.ts';
import { type ToolStep, toolSteps } from './tool-steps.ts';

/** What a figure is of, besides the span. */
type Whose = Omit<FinishedFilter, 'finished' | 'created'>;

/** Of a string with its object, about. */
const toolStepBytes = 150;

/** What finished tasks come to, span by span; of closed spans from memory. See {@link ClosedSpans}. */
export class KnownTotals {
  readonly #closed: ClosedSpans;

  constructor(closed: ClosedSpans) {
    this.#closed = closed;
  }

  /** As {@link totalFinished}. */
  async total(scope: TenantScope, filter: FinishedFilter): Promise<FinishedTotals> {
    const { finished, created, ...whose } = filter;
    if (created === undefined) return this.#total(scope, finished, whose);
    if (!this.#closed.isKept(finished)) return totalFinished(scope, filter);
    const whole = await this.#total(scope, finished, whose);
    // Most tasks end soon after they are created, so of most buckets all were created in the window.
    return isWithin(whole.created, created) ? whole : totalFinished(scope, filter);
  }

  #total(scope: TenantScope, finished: Span, whose: Whose): Promise<FinishedTotals> {
    const look = () => totalFinished(scope, { finished, ...whose });
    return this.#closed.look([scope.tenantId, 'total', whose.agentId, whose.teamId], finished, look, bytesOfTotals);
  }

  /** As {@link totalInDetail}. */
  detail(scope: TenantScope, finished: Span, agentId: string): Promise<DetailedTotals> {
    const look = () => totalInDetail(scope, { finished, agentId });
    const bytesOf = (totals: DetailedTotals) => bytesOfTotals(totals) + 8 * totals.waits.count;
    return this.#closed.look([scope.tenantId, 'detail', agentId], finished, look, bytesOf);
  }

  /** As {@link totalByVersion}. */
  byVersion(scope: TenantScope, finished: Span, agentId: string): Promise<VersionTotals[]> {
    const look = () => totalByVersion(scope, { finished, agentId });
    const bytesOf = (versions: VersionTotals[]) => versions.reduce((sum, each) => sum + bytesOfTotals(each), 0);
    return this.#closed.look([scope.tenantId, 'versions', agentId], finished, look, bytesOf);
  }

  /** As {@link toolSteps}, of one span. */
  tools(scope: TenantScope, finished: Span, agentId: string, which: 'all' | 'real'): Promise<ToolStep[]> {
    const look = () => toolSteps(scope, agentId, finished, which);
    const bytesOf = (steps: ToolStep[]) => steps.length * toolStepBytes;
    return this.#closed.look([scope.tenantId, 'tools', agentId, which], finished, look, bytesOf);
  }
}

const bytesOfTotals = ({ durations }: FinishedTotals) => 200 + 8 * durations.count;

function isWithin(inner: Span | null, outer: Span): boolean {
  return inner === null || (inner.from >= outer.from && inner.to <= outer.to);
}
