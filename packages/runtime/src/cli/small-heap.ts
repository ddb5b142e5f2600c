import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** What the young generation may grow to, bytes. */
const largestYoung = 8 * 2 ** 20;

/**
 * Keeps the heap near what is alive. By default V8 lets it grow to several times that before it collects, which a
 * runtime beside a developer's other programs should not.
 *
 * V8 takes the bounds of the young generation when the process starts and never again, but reads before each growth by
 * how much: so it is told after each collection whether there shall be another one.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=20');
  const boundYoung = () => setFlagsFromString(`--semi-space-growth-factor=${youngBytes() < largestYoung ? 2 : 1}`);
  boundYoung();
  new PerformanceObserver(boundYoung).observe({ entryTypes: ['gc'] });
}

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0;
}
