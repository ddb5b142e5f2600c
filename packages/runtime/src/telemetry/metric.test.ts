import { describe, expect, it } from 'vitest';
import { Counter, Gauge, Histogram, metricsText } from './metric.ts';

describe('metrics', () => {
  it('are shown in the text format of Prometheus', async () => {
    const requests = new Counter({ name: 'requests_total', help: 'Requests.', labels: ['route', 'status'] });
    requests.add(1, 'GET /tasks', '200');
    requests.at('GET /tasks', '200').value += 2;
    const seconds = new Histogram({ name: 'seconds', help: 'How long.', bounds: [0.1, 1] });
    for (const value of [0.1, 0.5, 7]) seconds.observe(value);
    const depth = new Gauge({ name: 'depth', help: 'Now.' }, async () => [[[], 4]]);
    expect(await metricsText([requests, seconds, depth])).toBe(
      [
        '# HELP requests_total Requests.',
        '# TYPE requests_total counter',
        'requests_total{route="GET /tasks",status="200"} 3',
        '# HELP seconds How long.',
        '# TYPE seconds histogram',
        'seconds_bucket{le="0.1"} 1',
        'seconds_bucket{le="1"} 2',
        'seconds_bucket{le="+Inf"} 3',
        'seconds_sum 7.6',
        'seconds_count 3',
        '# HELP depth Now.',
        '# TYPE depth gauge',
        'depth 4',
        '',
      ].join('\n'),
    );
  });

  it('escape what a label holds', async () => {
    const odd = new Counter({ name: 'odd_total', help: 'Odd.', labels: ['label'] });
    odd.add(1, 'a"b\\c\nd');
    expect(await metricsText([odd])).toContain('odd_total{label="a\\"b\\\\c\\nd"} 1');
  });

  it('count together what comes after the first two thousand label sets', async () => {
    const many = new Counter({ name: 'many_total', help: 'Many.', labels: ['label'] });
    for (let at = 0; at < 2_500; at += 1) many.add(1, `label ${at}`);
    const text = await metricsText([many]);
    expect(text).toContain('many_total{label="other"} 500');
    expect(text.split('\n').length).toBeLessThan(2_010);
  });
});
