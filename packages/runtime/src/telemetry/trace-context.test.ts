import { describe, expect, it } from 'vitest';
import { readTraceparent, spanIdOf, traceIdOf } from './trace-context.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

describe('a traceparent', () => {
  it.each([
    [`00-${traceId}-${spanId}-01`, true],
    [`00-${traceId}-${spanId}-00`, false],
    [`00-${traceId}-${spanId}-ff`, true],
    [`cc-${traceId}-${spanId}-01-what-comes-later`, true],
  ])('%s is one', (header, isSampled) => {
    expect(readTraceparent(header)).toEqual({ traceId, spanId, isSampled });
  });

  it.each([
    undefined,
    '',
    'garbage',
    `ff-${traceId}-${spanId}-01`,
    `00-${traceId}-${spanId}-01-more`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${traceId}-${spanId}`,
    `00-${traceId.slice(1)}-${spanId}-01`,
    ` 00-${traceId}-${spanId}-01`,
    `00-${traceId}-${spanId}-01\n`,
    `cc-${traceId}-${spanId}-01-${'x'.repeat(10_000)}`,
  ])('%j is none', (header) => {
    expect(readTraceparent(header)).toBeUndefined();
  });
});

describe('the spans of a task', () => {
  it('have ids that every process works out alike', () => {
    expect(traceIdOf('tsk_1')).toMatch(/^[0-9a-f]{32}$/);
    expect(spanIdOf('tsk_1', 3)).toMatch(/^[0-9a-f]{16}$/);
    expect(new Set([spanIdOf('tsk_1'), spanIdOf('tsk_1', 1), spanIdOf('tsk_1', 2), spanIdOf('tsk_11')]).size).toBe(4);
  });
});
