import { createServer, type IncomingMessage } from 'node:http';

/** What was asked of it. */
export interface StripeRequest {
  route: string;
  form: Record<string, string>;
  idempotencyKey: string | undefined;
}

/** A server with the shapes of Stripe's API, as far as the runtime asks for them. */
export interface StripeServer {
  url: string;
  requests: StripeRequest[];
  /** What a subscription is now; the period, whose start is its own unless that is given, in seconds. */
  subscriptions: Map<string, { customer: string; status: string; start: number; end: number; since?: number }>;
  /** Customers whose usage it does not take. */
  refused: Set<string>;
  /** Its clock, milliseconds since the epoch. */
  nowMs: () => number;
  /** While true, every answer is a 500. */
  isDown: boolean;
  close(): Promise<void>;
}

/** Starts one on a free port. */
export async function startStripeServer(): Promise<StripeServer> {
  const customers = new Map<string, string>();
  const meterEvents = new Set<string>();
  const state: Omit<StripeServer, 'url' | 'close'> = {
    requests: [],
    subscriptions: new Map(),
    refused: new Set(),
    nowMs: Date.now,
    isDown: false,
  };

  function answer({ route, form, idempotencyKey = '' }: StripeRequest): [number, object] {
    if (state.isDown) return [500, { error: { type: 'api_error', message: 'sk_live_secret is broken' } }];
    const [, subscriptionId] = /^GET \/v1\/subscriptions\/(.+)$/.exec(route) ?? [];
    if (subscriptionId !== undefined) return subscription(subscriptionId);
    switch (route) {
      case 'POST /v1/customers': {
        const id = customers.get(idempotencyKey) ?? `cus_${customers.size + 1}`;
        customers.set(idempotencyKey, id);
        return [200, { id, object: 'customer' }];
      }
      case 'POST /v1/billing_portal/sessions':
        return [
          200,
          { id: 'bps_1', object: 'billing_portal.session', url: `https://billing.stripe.test/p/${form.customer}` },
        ];
      case 'POST /v1/checkout/sessions':
        return [
          200,
          {
            id: 'cs_1',
            object: 'checkout.session',
            url: 'https://checkout.stripe.test/c/1',
            expires_at: 1_900_000_000,
          },
        ];
      case 'POST /v1/billing/meter_events': {
        const { identifier = '', timestamp = '' } = form;
        const isRefused = state.refused.has(form['payload[stripe_customer_id]'] ?? '');
        if (isRefused) return [400, { error: { type: 'invalid_request_error', message: 'No such customer' } }];
        if (Number(timestamp) < state.nowMs() / 1_000 - 35 * 86_400)
          return [400, { error: { type: 'invalid_request_error', message: 'The timestamp must be within 35 days' } }];
        if (meterEvents.has(identifier))
          return [
            400,
            { error: { type: 'invalid_request_error', message: 'An event already exists with identifier' } },
          ];
        meterEvents.add(identifier);
        return [200, { object: 'billing.meter_event', identifier }];
      }
      default:
        return [404, { error: { type: 'invalid_request_error', message: `Unrecognized request URL (${route}).` } }];
    }
  }

  function subscription(id: string): [number, object] {
    const found = state.subscriptions.get(id);
    if (found === undefined)
      return [
        404,
        { error: { type: 'invalid_request_error', code: 'resource_missing', message: 'No such subscription' } },
      ];
    const item = {
      id: 'si_1',
      object: 'subscription_item',
      current_period_start: found.start,
      current_period_end: found.end,
    };
    const items = { object: 'list', data: [item], has_more: false };
    const { customer, status, start, since: start_date = start } = found;
    return [200, { id, object: 'subscription', customer, status, start_date, items }];
  }

  const server = createServer(async (request, response) => {
    const form = Object.fromEntries(new URLSearchParams(await read(request)));
    const key = request.headers['idempotency-key'];
    const asked = {
      route: `${request.method} ${request.url}`,
      form,
      idempotencyKey: typeof key === 'string' ? key : undefined,
    };
    state.requests.push(asked);
    const [status, body] = answer(asked);
    response
      .writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_stripe' })
      .end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new RangeError('No port was given.');
  return Object.assign(state, {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

async function read(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}
