import type { Setting, SettingGroup } from './setting.ts';
import { logsAndMetrics, spans } from './telemetry-settings.ts';
import {
  anyText,
  apiKeyText,
  egressEntries,
  oneOf,
  origins,
  secretsKeys,
  urlOf,
  wholeNumberUpTo,
} from './value-checks.ts';

const listening: SettingGroup = {
  title: 'Where it listens and keeps its data',
  settings: [
    {
      name: 'RUNCTL_PORT',
      sets: 'the port to listen on; 0 takes a free one (`--port`)',
      default: '4700',
      example: '8080',
      check: wholeNumberUpTo(65_535),
    },
    {
      name: 'RUNCTL_HOST',
      sets: 'the address to listen on (`--host`)',
      default: '127.0.0.1 for `dev`, 0.0.0.0 for `serve`',
      example: '0.0.0.0',
      check: anyText,
    },
    {
      name: 'RUNCTL_DATA',
      sets: 'the folder of the embedded store (`--data`)',
      default: '.runctl',
      example: '/var/lib/runctl',
      check: anyText,
    },
    {
      name: 'RUNCTL_DATABASE_URL',
      sets: 'the Postgres store (`--database-url`)',
      example: 'postgres://runctl:password@localhost:5432/runctl',
      isSecret: true,
      check: urlOf('postgres:', 'postgresql:'),
    },
    {
      name: 'RUNCTL_DATABASE_WAIT_SECONDS',
      sets: 'how long a start waits for a database that does not answer yet (`--database-wait`)',
      default: '60',
      example: '300',
      check: wholeNumberUpTo(86_400),
    },
    {
      name: 'RUNCTL_MIGRATE',
      sets: 'whether `serve` and `worker` bring an older schema up to date, or refuse to start (`--migrate`)',
      default: 'auto',
      example: 'refuse',
      check: oneOf('auto', 'refuse'),
    },
  ],
};

const working: SettingGroup = {
  title: 'How it works',
  settings: [
    {
      name: 'RUNCTL_SLOTS',
      sets: 'tasks at once, over all agents; 0 leaves them to other processes (`--slots`)',
      default: '256',
      example: '64',
      check: wholeNumberUpTo(10_000),
    },
    {
      name: 'RUNCTL_GRACE_SECONDS',
      sets: 'how long tasks may finish their step when the process is told to end (`--grace`)',
      default: '5 for `dev`, 30 else',
      example: '60',
      check: wholeNumberUpTo(3_600),
    },
    {
      name: 'RUNCTL_OPERATOR_KEY',
      sets: 'the key that may make tenants over the API: `rctl_` and 32 letters and digits',
      example: 'rctl_ and 32 letters and digits',
      isSecret: true,
      check: apiKeyText,
    },
    {
      name: 'RUNCTL_SECRETS_KEY',
      sets: 'what seals signing secrets in the database, the same in every process: 32 bytes in base64; other keys to open with behind it, separated by commas',
      example: 'what openssl rand -base64 32 prints',
      isSecret: true,
      check: secretsKeys,
    },
    {
      name: 'RUNCTL_EGRESS_ALLOW',
      sets: 'hosts, `host:port` or CIDR ranges that tools may reach though they are not public; metadata addresses never',
      example: 'tools.internal:8080,10.1.0.0/16',
      check: egressEntries,
    },
  ],
};

const key = (name: string, provider: string, example: string): Setting => ({
  name,
  sets: `the key of the provider \`${provider}\``,
  example,
  isSecret: true,
  check: anyText,
});

const address = (name: string, provider: string, example: string, otherwise?: string): Setting => ({
  name,
  sets: `the address of the provider \`${provider}\``,
  ...(otherwise === undefined ? {} : { default: otherwise }),
  example,
  check: urlOf('http:', 'https:'),
});

const models: SettingGroup = {
  title: 'Model providers',
  settings: [
    key('OPENAI_API_KEY', 'openai', 'sk-...'),
    address('OPENAI_BASE_URL', 'openai', 'https://proxy.example.com/v1', 'https://api.openai.com/v1'),
    key('ANTHROPIC_API_KEY', 'anthropic', 'sk-ant-...'),
    address('ANTHROPIC_BASE_URL', 'anthropic', 'https://proxy.example.com', 'https://api.anthropic.com/v1'),
    key('GOOGLE_GENERATIVE_AI_API_KEY', 'google', 'AIza...'),
    address(
      'GOOGLE_GENERATIVE_AI_BASE_URL',
      'google',
      'https://proxy.example.com',
      'https://generativelanguage.googleapis.com/v1beta',
    ),
    key('OPENAI_COMPATIBLE_API_KEY', 'openai-compatible', 'what the server asks for, if it asks'),
    address('OPENAI_COMPATIBLE_BASE_URL', 'openai-compatible', 'http://localhost:8000/v1'),
    address('OLLAMA_BASE_URL', 'ollama', 'http://localhost:11434/v1'),
  ],
};

const billing: SettingGroup = {
  title: 'Billing by Stripe; without the first there is none',
  settings: [
    {
      name: 'RUNCTL_STRIPE_API_KEY',
      sets: 'the key of the account at Stripe',
      example: 'sk_live_...',
      isSecret: true,
      check: anyText,
    },
    {
      name: 'RUNCTL_STRIPE_WEBHOOK_SECRET',
      sets: 'what proves that a webhook is from Stripe',
      example: 'whsec_...',
      isSecret: true,
      check: anyText,
    },
    { name: 'RUNCTL_STRIPE_PRICE', sets: 'the price that tenants subscribe to', example: 'price_...', check: anyText },
    {
      name: 'RUNCTL_STRIPE_METER',
      sets: 'the event name of the meter that spend is reported to',
      default: 'runctl_spend',
      example: 'agents_spend',
      check: anyText,
    },
    {
      name: 'RUNCTL_STRIPE_URL',
      sets: 'another address of the API, for tests',
      default: 'https://api.stripe.com',
      example: 'http://localhost:12111',
      check: urlOf('http:', 'https:'),
    },
    {
      name: 'RUNCTL_RETURN_ORIGINS',
      sets: 'origins that people may be sent back to after the checkout',
      example: 'https://app.example.com',
      check: origins,
    },
  ],
};

const mail: SettingGroup = {
  title: 'Mail; without a server a folder gets the mails, in `outbox/`, and Postgres none',
  settings: [
    {
      name: 'RUNCTL_SMTP_URL',
      sets: 'the server that takes mails: `smtps://`, or `smtp://` with STARTTLS where the server has it',
      example: 'smtps://user:password@mail.example.com:465',
      isSecret: true,
      check: urlOf('smtp:', 'smtps:'),
    },
    {
      name: 'RUNCTL_MAIL_FROM',
      sets: 'whom mails come from; needed with the server',
      example: 'Runctl <runctl@example.com>',
      check: anyText,
    },
  ],
};

const clients: SettingGroup = {
  title: 'Commands that speak to a runtime',
  settings: [
    {
      name: 'RUNCTL_BASE_URL',
      sets: 'the runtime that commands such as `runctl agents ls` speak to',
      default: 'the runtime of this folder',
      example: 'https://runctl.example.com',
      check: urlOf('http:', 'https:'),
    },
    {
      name: 'RUNCTL_API_KEY',
      sets: 'the key that they speak with',
      example: 'rctl_...',
      isSecret: true,
      check: apiKeyText,
    },
    {
      name: 'RUNCTL_TIMEOUT',
      sets: 'milliseconds for one attempt of a request of theirs',
      default: '30000',
      example: '10000',
      check: wholeNumberUpTo(2_147_483_647, 1),
    },
    {
      name: 'RUNCTL_RETRIES',
      sets: 'how often they try a request again',
      default: '2; 1 on this machine',
      example: '0',
      check: wholeNumberUpTo(20),
    },
  ],
};

/** Every variable that the runtime and its command read, in the order in which an operator meets them. */
export const settingGroups: readonly SettingGroup[] = [
  listening,
  working,
  logsAndMetrics,
  spans,
  models,
  billing,
  mail,
  clients,
];

/** The same, without the groups. */
export const settings: readonly Setting[] = settingGroups.flatMap((group) => group.settings);
