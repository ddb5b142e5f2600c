import { SettingError } from '../services/operator-key.ts';

/** What could be guessed is not let stand. */
const shortest = 16;

/**
 * What readers of the metrics have to send, of `RUNCTL_METRICS_TOKEN`; undefined where there is none.
 *
 * @throws {SettingError} It is short, or cannot be sent in a header. The message does not repeat it.
 */
export function readMetricsToken(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const token = env.RUNCTL_METRICS_TOKEN;
  if (token === undefined || token === '') return undefined;
  if (token.length >= shortest && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new SettingError(`RUNCTL_METRICS_TOKEN must be at least ${shortest} printable characters, drawn at random.`);
}
