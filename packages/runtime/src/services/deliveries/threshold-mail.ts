import type { ThresholdReached, WebhookMessage } from '@runctl/tenants';
import { type MailMessage, oneLine } from '../../mail/mail-message.ts';

const words: Record<ThresholdReached['resource'], { limit: string; amount: (value: number) => string }> = {
  spend: { limit: 'spend limit', amount: (value) => `${value.toFixed(2)} USD` },
  tokens_per_month: { limit: 'monthly tokens', amount: (value) => `${value.toLocaleString('en-US')} tokens` },
};

/** The mail of a threshold: plain text, with the tenant's name as one line of it. */
export function thresholdMail(message: WebhookMessage, tenantName: string): Pick<MailMessage, 'subject' | 'text'> {
  // The body was made from a threshold.
  const { resource, threshold, limit, used, periodStart, periodEnd } = message.data as ThresholdReached;
  const { limit: what, amount } = words[resource];
  const name = oneLine(tenantName);
  const lines = [
    `${name} has used ${amount(used)} of ${amount(limit)}: ${threshold} % of its ${what} is reached.`,
    '',
    `Tenant:  ${name} (${message.tenantId})`,
    `Period:  ${periodStart} to ${periodEnd}`,
    '',
    'You get this mail since your address is one of the recipients in the tenant’s notification preferences.',
    '',
  ];
  return { subject: `${name}: ${threshold} % of the ${what} is reached`, text: lines.join('\n') };
}
