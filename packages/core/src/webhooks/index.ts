/** Verifies and signs webhooks as https://www.standardwebhooks.com says, on any runtime that has WebCrypto. */
export { RunctlWebhookError } from '../errors/webhook-error.ts';
export { type SignWebhookOptions, signWebhook, type WebhookSignatureHeaders } from './sign-webhook.ts';
export { type VerifyWebhookOptions, verifyWebhook, type WebhookHeaders } from './verify-webhook.ts';
export type { WebhookPayload } from './webhook-payload.ts';
