type Environment = Readonly<Record<string, string | undefined>>;

/** What looks like a secret wherever it stands: keys and tokens of ours, signing secrets, credentials in addresses. */
const shapes = [
  /\brctl_[0-9A-Za-z]{32}/,
  /\brst_[0-9A-Za-z._-]{20,}/,
  /\bwhsec_[0-9A-Za-z+/=_-]{16,}/,
  /\b[sr]k[-_](?:live|test|ant|proj)[-_][0-9A-Za-z_-]{8,}/,
  /\bsk-[0-9A-Za-z_-]{16,}/,
  /\bAIza[0-9A-Za-z_-]{20,}/,
  /(?<=\bBearer )[^\s"',]{8,}/,
  /(?<=:\/\/[^\s/:@"]{0,100}:)[^\s/@"]+(?=@)/,
];
const secretName = /KEY|TOKEN|SECRET|PASSWORD|HEADERS/;
/** Shorter values would be found in words. */
const shortestSecret = 8;

/**
 * Makes a filter for text that leaves the process beside the API: what an environment holds in secret variables, and
 * what has the shape of a secret, becomes `***`.
 */
export function redactor(env: Environment): (text: string) => string {
  const known = knownSecrets(env).map((secret) => secret.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&'));
  const pattern = new RegExp([...known, ...shapes.map(({ source }) => source)].join('|'), 'g');
  return (text) => text.replace(pattern, '***');
}

/** The longest first: one may be a part of another. */
function knownSecrets(env: Environment): string[] {
  const found = Object.entries(env).flatMap(([name, value = '']) => [
    ...(secretName.test(name) ? [value, ...value.split(',').map(afterName)] : []),
    ...(/_URL$/.test(name) ? passwordOf(value) : []),
  ]);
  return [...new Set(found)].filter(({ length }) => length >= shortestSecret).sort((a, b) => b.length - a.length);
}

/** Of `name=value`, as in a list of headers. */
function afterName(pair: string): string {
  return pair.slice(pair.indexOf('=') + 1).trim();
}

function passwordOf(address: string): string[] {
  if (!URL.canParse(address)) return [];
  const { password } = new URL(address);
  return [password, decodeURIComponent(password)];
}
