import { type BuiltIn, ToolFailure } from '../tool.ts';

/** What time it is, in any time zone. */
export function currentTime(clock: () => Date): BuiltIn {
  return {
    name: 'current_time',
    description: 'The current date and time, in UTC and in a time zone of your choice.',
    inputSchema: {
      type: 'object',
      properties: {
        timezone: { type: 'string', maxLength: 64, description: 'IANA name, e.g. "Europe/Berlin". Default UTC.' },
      },
      additionalProperties: false,
    },
    run({ timezone = 'UTC' }) {
      const now = clock();
      const { local, weekday, offset } = inZone(now, String(timezone));
      const summary = `${weekday}, ${local} (${timezone})`;
      return { result: { utc: now.toISOString(), timezone: String(timezone), local, weekday, offset, summary } };
    },
  };
}

/** The parts of an instant in a zone; `local` is RFC 3339 with the zone's offset. */
function inZone(instant: Date, timezone: string): { local: string; weekday: string; offset: string } {
  const parts = new Map(
    formatterFor(timezone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, value]),
  );
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? '';
  const offset = of('timeZoneName').replace(/^GMT/, '') || '+00:00';
  const local = `${of('year')}-${of('month')}-${of('day')}T${of('hour')}:${of('minute')}:${of('second')}${offset}`;
  return { local, weekday: of('weekday'), offset };
}

function formatterFor(timezone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-GB', {
      timeZone: timezone,
      weekday: 'long',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
      timeZoneName: 'longOffset',
    });
  } catch (error) {
    const message = `There is no time zone "${timezone}". Expected an IANA name such as "Europe/Berlin" or "UTC".`;
    throw new ToolFailure({ code: 'tool_arguments_invalid', message, cause: error });
  }
}
