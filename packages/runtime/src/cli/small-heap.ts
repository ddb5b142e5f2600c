import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** What the young generation may grow to, bytes. */
const largestYoung = 8 * 2 ** 20;

/**
 * Keeps the heap near what is alive. By default V8 lets it grow to several times that before it collects, which a
 * runtime beside a developer's other programs should not. To be called before the runtime is loaded: what is loaded
 * lives on, and would make the young generation grow.
 *
 * V8 takes the bounds of the young generation when the process starts and never again, but reads before each growth by
 * how much: so it may double once in the turn after a collection, and else not.
 */
export function keepHeapSmall(): void {
  const growBy = (factor: number) => setFlagsFromString(`--semi-space-growth-factor=${factor}`);
  setFlagsFromString('--heap-growing-percent=20');
  growBy(1);
  const collected = new PerformanceObserver(() => {
    if (youngBytes() >= largestYoung) return;
    growBy(2);
    setImmediate(growBy, 1);
  });
  collected.observe({ entryTypes: ['gc'] });
}

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0;
}
