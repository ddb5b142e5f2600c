import type { Context } from 'hono';
import type { BillingService } from '../services/billing.ts';
import { readBytes } from './body.ts';
import { jsonResponse } from './headers.ts';

/** Where Stripe sends its events. No route of the contract: its caller has a signature in place of a key. */
export const stripeEventsPath = '/v1/billing/stripe/events';

/** Takes an event; its signature is over the very bytes that came. @throws {Failure} what {@link BillingService.receive} throws */
export async function receiveBillingEvent(c: Context, billing: BillingService, requestId: string): Promise<Response> {
  const payload = new TextDecoder().decode(await readBytes(c));
  await billing.receive(payload, c.req.header('stripe-signature') ?? '');
  return jsonResponse(200, '{"received":true}', requestId);
}
