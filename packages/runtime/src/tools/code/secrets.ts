import type { Finding } from './finding.ts';

/** Longer lines are generated; only their beginning is looked at, which bounds the time of each pattern. */
const LONGEST_LINE = 2_000;

interface SecretPattern {
  what: string;
  /** Linear: no repetition inside a repetition. */
  pattern: RegExp;
}

/** Credentials that are known by their form. */
const FORMS: readonly SecretPattern[] = [
  { what: 'an AWS access key', pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/ },
  { what: 'a GitHub token', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40})/ },
  { what: 'a GitLab token', pattern: /\bglpat-[A-Za-z0-9_-]{20}/ },
  { what: 'an npm token', pattern: /\bnpm_[A-Za-z0-9]{36}/ },
  { what: 'a Slack token', pattern: /\bxox[abeoprs]-[A-Za-z0-9-]{10,200}/ },
  { what: 'a Stripe key', pattern: /\b[rs]k_live_[A-Za-z0-9]{16,200}/ },
  { what: 'an Anthropic key', pattern: /\bsk-ant-[A-Za-z0-9_-]{20,200}/ },
  { what: 'an OpenAI key', pattern: /\bsk-(?!ant-)(?:proj-)?[A-Za-z0-9_-]{20,200}/ },
  { what: 'a Google API key', pattern: /\bAIza[0-9A-Za-z_-]{35}/ },
  { what: 'a Runctl key', pattern: /\brctl_[A-Za-z0-9]{32}\b/ },
  { what: 'a webhook secret', pattern: /\bwhsec_[A-Za-z0-9+/=]{24,200}/ },
  { what: 'a JSON Web Token', pattern: /\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,2000}\./ },
  { what: 'a private key', pattern: /-----BEGIN (?:[A-Z]{2,10} ){0,2}PRIVATE KEY-----/ },
  {
    what: 'a password in an address',
    pattern: /\b[a-z][a-z0-9+]{1,20}:\/\/[^\s/:@"'`$]{1,100}:[^\s/:@"'`${}]{3,100}@/,
  },
];

/** A name that promises a secret, and a text beside it. */
const NAMED =
  /(\w{0,40}(?:password|passwd|secret|api_?key|access_?token|auth_?token|private_?key)\w{0,20})["']?\s{0,5}[:=]\s{0,5}["'`]([^"'`\s]{8,200})["'`]/i;
const PLACEHOLDER =
  /^(?:<.*>|\$\{.*|process\.env.*|x{3,}.*|\*{3,}|.*(?:example|placeholder|changeme|change-me|your[-_]|dummy|redacted).*)$/i;
/** Bits for a character: words have fewer than random text. */
const LEAST_ENTROPY = 3;

/** Finds what looks like a credential in any text, line by line. The message never repeats it. */
export function findSecrets(text: string): Finding[] {
  return text.split('\n').flatMap((full, index) => {
    const line = full.slice(0, LONGEST_LINE);
    const known = FORMS.flatMap(({ what, pattern }) => {
      const match = pattern.exec(line);
      return match ? [finding(index, match.index, `This looks like ${what} (${masked(match[0])}).`)] : [];
    });
    return known.length > 0 ? known : namedSecret(line, index);
  });
}

function namedSecret(line: string, index: number): Finding[] {
  const match = NAMED.exec(line);
  const [, name = '', value = ''] = match ?? [];
  if (!match || PLACEHOLDER.test(value) || entropyOf(value) < LEAST_ENTROPY) return [];
  return [
    finding(index, match.index, `${name} is given in the text (${masked(value)}); read it from the environment.`),
  ];
}

function finding(index: number, column: number, message: string): Finding {
  return { rule: 'secret', severity: 'error', line: index + 1, column: column + 1, message };
}

/** Enough to find it again, too little to use it. */
function masked(secret: string): string {
  return `${secret.slice(0, 4)}..., ${secret.length} characters`;
}

/** @see https://en.wikipedia.org/wiki/Entropy_(information_theory) */
function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / text.length) * Math.log2(count / text.length), 0);
}
