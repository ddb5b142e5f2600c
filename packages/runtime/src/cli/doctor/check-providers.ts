import { type Endpoint, findEndpoint, isProblem, PROVIDER_NAMES } from '../../models/provider-table.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Milliseconds that a provider has to answer. */
const timeoutMs = 5_000;

/** Which providers have what they need; `isOnline`: whether they take the key too. */
export async function checkProviders(env: Environment, isOnline: boolean): Promise<Finding[]> {
  const configured = PROVIDER_NAMES.filter((name) => name !== 'simulated').flatMap((name) => {
    const endpoint = findEndpoint(name, {}, env);
    return isProblem(endpoint) ? [] : [{ name, endpoint }];
  });
  if (configured.length === 0) {
    return [
      warning(
        'providers',
        'none is configured: agents can only use simulated',
        'set a key; runctl config has the names',
      ),
    ];
  }
  if (!isOnline) {
    return [ok('providers', `${configured.map(({ name }) => name).join(', ')}; --online asks them`)];
  }
  return Promise.all(configured.map(({ name, endpoint }) => ask(name, endpoint)));
}

async function ask(name: string, endpoint: Endpoint): Promise<Finding> {
  const check = `provider ${name}`;
  try {
    const { status } = await fetch(`${endpoint.baseUrl}/models`, {
      headers: headersOf(endpoint),
      signal: AbortSignal.timeout(timeoutMs),
      redirect: 'manual',
    });
    if (status === 401 || status === 403)
      return problem(check, `refuses the key with ${status}`, 'set a key that is good');
    if (status >= 200 && status < 300) return ok(check, 'answers, and takes the key');
    return warning(check, `answers with ${status}`, `look at ${new URL(endpoint.baseUrl).origin}`);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
    return problem(check, `does not answer: ${reason}`, `check the way to ${new URL(endpoint.baseUrl).origin}`);
  }
}

function headersOf({ protocol, apiKey }: Endpoint): Record<string, string> {
  if (apiKey === undefined) return {};
  if (protocol === 'messages') return { 'x-api-key': apiKey, 'anthropic-version': '2023-06-01' };
  if (protocol === 'generate-content') return { 'x-goog-api-key': apiKey };
  return { authorization: `Bearer ${apiKey}` };
}
