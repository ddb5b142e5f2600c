import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { type Log, silentLog } from './log.ts';
import { createTelemetry, type Telemetry } from './telemetry.ts';

let telemetry: Telemetry | undefined;
afterEach(() => telemetry?.stop());

it('a loop that a start kept busy is nobody’s concern, and one that stalls later is', async () => {
  const warnings: string[] = [];
  const log: Log = { ...silentLog, warn: (message) => warnings.push(message) };
  telemetry = await createTelemetry({ env: {}, log, onError: () => undefined, now: Date.now });
  stall(2_100);
  await pause(10);
  expect(warnings).toEqual([]);

  telemetry.started();
  stall(2_100);
  await expect.poll(() => warnings).toContain('the event loop was blocked');
});

function stall(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}
