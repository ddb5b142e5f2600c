import { describe, expect, it } from 'vitest';
import { createLog, type LogOptions } from './log.ts';
import { readLogSettings } from './log-settings.ts';
import { redactor } from './redact.ts';

function logWith(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const log = createLog({
    level: 'info',
    format: 'json',
    write: (text) => lines.push(...text.split('\n').slice(0, -1)),
    redact: redactor({ OPENAI_API_KEY: 'plain-words-as-a-key', RUNCTL_DATABASE_URL: 'postgres://u:p%40ssw0rd@db/x' }),
    now: () => Date.UTC(2026, 10, 21, 12),
    ...options,
  });
  return { log, lines };
}

describe('a log', () => {
  it('writes one JSON object a line, and what went wrong at once', () => {
    const { log, lines } = logWith();
    log.info('request', { route: 'POST /tasks', status: 201, tenantId: undefined });
    expect(lines).toEqual([]);
    log.error('unforeseen failure', { error: new RangeError('a\nb', { cause: new TypeError('below') }) });
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { time: '2026-11-21T12:00:00.000Z', level: 'info', message: 'request', route: 'POST /tasks', status: 201 },
      { level: 'error', error: { name: 'RangeError', message: 'a\nb', cause: { message: 'below' } } },
    ]);
  });

  it('writes lines of one turn together', async () => {
    const writes: string[] = [];
    const { log } = logWith({ write: (text) => writes.push(text) });
    log.info('one');
    log.info('two');
    log.debug('not asked for');
    await new Promise((resolve) => setImmediate(resolve));
    expect(writes.map((text) => text.split('\n').length - 1)).toEqual([2]);
    expect([log.isOn('info'), log.isOn('debug')]).toEqual([true, false]);
  });

  it.each(['json', 'text'] as const)('lets nothing in %s forge a line or drive a terminal', (format) => {
    const { log, lines } = logWith({ format });
    const evil = 'x\n2026-11-21 error forged \u001b[2J\u009b31m\u2028\u202ereversed';
    log.warn(evil, { route: evil, error: new RangeError(evil) });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
    for (const line of lines) expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u202e]/);
    if (format === 'json') expect(lines).toHaveLength(1);
    else for (const line of lines.slice(1)) expect(line).toMatch(/^ {4}/);
  });

  it('shows no secret: neither those of the environment nor what has the shape of one', () => {
    const { log, lines } = logWith();
    const key = `rctl_${'aB3'.repeat(10)}xy`;
    log.error(`connect to postgres://runctl:hunter2@db/x with ${key}`, {
      error: new RangeError(
        'plain-words-as-a-key; p@ssw0rd; whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw; Bearer abcdefghij',
      ),
    });
    expect(lines.join('\n')).not.toMatch(/hunter2|plain-words|p@ssw0rd|MfKQ9r|aB3aB3|abcdefghij/);
    expect(lines[0]).toContain('postgres://runctl:***@db/x with ***');
  });

  it('cuts what is far too long', () => {
    const { log, lines } = logWith();
    log.error('long', { text: 'x'.repeat(1_000_000) });
    expect(lines[0]?.length).toBeLessThan(20_000);
  });
});

describe('the settings of a log', () => {
  it('are words, in any case', () => {
    const otherwise = { level: 'info', format: 'json' } as const;
    expect(readLogSettings({ RUNCTL_LOG_LEVEL: 'DEBUG', RUNCTL_LOG_FORMAT: '' }, otherwise)).toEqual({
      level: 'debug',
      format: 'json',
    });
    expect(() => readLogSettings({ RUNCTL_LOG_LEVEL: 'loud' }, otherwise)).toThrow(
      'RUNCTL_LOG_LEVEL must be one of silent, error, warn, info, debug.',
    );
  });
});
