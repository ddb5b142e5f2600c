import { SettingError } from '../operator-key.ts';
import type { StripeSettings } from './stripe-provider.ts';

/** How tenants are billed. */
export interface BillingSettings {
  stripe: StripeSettings;
  /** Origins that people may be sent back to, such as `https://app.example.com`. */
  returnOrigins: readonly string[];
}

/**
 * Reads `RUNCTL_STRIPE_API_KEY`, `RUNCTL_STRIPE_WEBHOOK_SECRET`, `RUNCTL_STRIPE_PRICE`, `RUNCTL_STRIPE_METER`,
 * `RUNCTL_STRIPE_URL` and `RUNCTL_RETURN_ORIGINS`. Undefined without the first: this runtime bills nobody.
 *
 * @throws {SettingError} One of them is missing, or is none.
 */
export function readBillingSettings(env: Readonly<Record<string, string | undefined>>): BillingSettings | undefined {
  const { RUNCTL_STRIPE_API_KEY: apiKey, RUNCTL_STRIPE_METER: meter, RUNCTL_STRIPE_URL: apiUrl } = env;
  if (apiKey === undefined || apiKey === '') return undefined;
  const origins = (env.RUNCTL_RETURN_ORIGINS ?? '').split(',').map((text) => text.trim());
  return {
    stripe: {
      apiKey,
      webhookSecret: required(env, 'RUNCTL_STRIPE_WEBHOOK_SECRET'),
      priceId: required(env, 'RUNCTL_STRIPE_PRICE'),
      ...(meter === undefined ? {} : { meter }),
      ...(apiUrl === undefined ? {} : { apiUrl: originOf('RUNCTL_STRIPE_URL', apiUrl) }),
    },
    returnOrigins: origins.filter((text) => text !== '').map((text) => originOf('RUNCTL_RETURN_ORIGINS', text)),
  };
}

function required(env: Readonly<Record<string, string | undefined>>, name: string): string {
  const value = env[name];
  if (value !== undefined && value !== '') return value;
  throw new SettingError(`${name} is missing; with RUNCTL_STRIPE_API_KEY it is needed too.`);
}

function originOf(name: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url.origin;
  throw new SettingError(`${name} must name origins such as https://app.example.com, got ${text}.`);
}
