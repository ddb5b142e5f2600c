/// <reference types="node" />
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunctlWebhookError, signWebhook, verifyWebhook, type WebhookHeaders, type WebhookPayload } from './index.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER = `whsec_${btoa('another secret of thirty-two bytes')}`;
const NOW = 1_614_265_330;
const now = () => NOW * 1000;
const PAYLOAD = '{"test": 2432232314}';

const signed = (payload: WebhookPayload = PAYLOAD, secret: string | string[] = SECRET, seconds = NOW) =>
  signWebhook(payload, secret, { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: new Date(seconds * 1000) });

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(RunctlWebhookError);
  return (error as RunctlWebhookError).code;
}

describe('signWebhook', () => {
  it('signs as the reference implementation of the standard does', async () => {
    expect(await signed()).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('signs text and bytes alike, beyond ASCII too', async () => {
    const text = '{"name":"Grüße 😀"}';
    const bytes = new TextEncoder().encode(`x${text}`);
    const signatures = [await signed(text), await signed(bytes.subarray(1)), await signed(bytes.slice(1).buffer)];
    const key = Buffer.from(SECRET.slice(6), 'base64');
    const expected = createHmac('sha256', key).update(`msg_p5jXN8AQM9LWM0D4loKWxJek.${NOW}.${text}`).digest('base64');
    for (const headers of signatures) expect(headers['webhook-signature']).toBe(`v1,${expected}`);
  });

  it('refuses an id that would blur what is signed', async () => {
    for (const id of ['', 'a.b', 'a b', 'a\n', 'é'])
      expect(await refusal(signWebhook('', SECRET, { id }))).toBe('webhook.invalid_id');
  });
});

describe('verifyWebhook', () => {
  it('returns the event of a body that was signed, text or bytes', async () => {
    const headers = await signed();
    expect(await verifyWebhook(PAYLOAD, { ...headers }, SECRET, { now })).toEqual({ test: 2432232314 });
    const bytes = new TextEncoder().encode(PAYLOAD);
    expect(await verifyWebhook<{ test: number }>(bytes, { ...headers }, SECRET, { now })).toEqual({ test: 2432232314 });
    expect(await verifyWebhook(bytes.buffer, { ...headers }, SECRET.slice(6), { now })).toEqual({ test: 2432232314 });
  });

  it('finds its headers in a Headers, in an object of any case, and in lists', async () => {
    const headers = await signed();
    const shouted = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), [value]]));
    expect(await verifyWebhook(PAYLOAD, new Headers({ ...headers }), SECRET, { now })).toBeDefined();
    expect(await verifyWebhook(PAYLOAD, shouted, SECRET, { now })).toBeDefined();
  });

  it('accepts any of several secrets, and any of several signatures', async () => {
    expect(await verifyWebhook(PAYLOAD, { ...(await signed(PAYLOAD, OTHER)) }, [SECRET, OTHER], { now })).toBeDefined();
    const both = { ...(await signed(PAYLOAD, [OTHER, SECRET])) };
    expect(both['webhook-signature'].split(' ')).toHaveLength(2);
    expect(await verifyWebhook(PAYLOAD, both, SECRET, { now })).toBeDefined();
    const ofAnotherKind = { ...both, 'webhook-signature': `v1a,abc v1,!! ${both['webhook-signature']}` };
    expect(await verifyWebhook(PAYLOAD, ofAnotherKind, SECRET, { now })).toBeDefined();
  });

  it('refuses whatever differs from what was signed', async () => {
    const headers: Record<string, string> = { ...(await signed()) };
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('payload', 'webhook-id', 'webhook-timestamp', 'webhook-signature'),
        fc.nat(),
        fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code)),
        async (where, place, character) => {
          const original = where === 'payload' ? PAYLOAD : (headers[where] ?? '');
          const at = place % original.length;
          const changed = original.slice(0, at) + character + original.slice(at + 1);
          fc.pre(changed !== original);
          // The last figures of base64 hold bits that carry nothing.
          fc.pre(where !== 'webhook-signature' || at < original.length - 2);
          const sent = where === 'payload' ? headers : { ...headers, [where]: changed };
          const payload = where === 'payload' ? changed : PAYLOAD;
          await refusal(verifyWebhook(payload, sent, SECRET, { now }));
        },
      ),
    );
    expect(await refusal(verifyWebhook(PAYLOAD, headers, OTHER, { now }))).toBe('webhook.invalid_signature');
    expect(await refusal(verifyWebhook(PAYLOAD, headers, [], { now }))).toBe('webhook.invalid_signature');
    const onlyFirst = { ...headers, 'webhook-signature': 'v1,' };
    expect(await refusal(verifyWebhook(PAYLOAD, onlyFirst, SECRET, { now }))).toBe('webhook.invalid_signature');
  });

  it.each([-301, 301])(
    'refuses a webhook that is %i seconds off, and takes one that is a second nearer',
    async (offset) => {
      const verify = async (seconds: number) =>
        verifyWebhook(PAYLOAD, { ...(await signed(PAYLOAD, SECRET, NOW + seconds)) }, SECRET, { now });
      expect(await refusal(verify(offset))).toBe('webhook.out_of_time');
      expect(await verify(offset - Math.sign(offset))).toBeDefined();
    },
  );

  it.each([-1, Number.NaN])('lets nothing pass under a tolerance of %d', async (toleranceSeconds) => {
    const work = verifyWebhook(PAYLOAD, { ...(await signed()) }, SECRET, { toleranceSeconds, now });
    expect(await refusal(work)).toBe('webhook.out_of_time');
  });

  it('looks at the age whatever the tolerance: at most a day', async () => {
    const options = { toleranceSeconds: Number.POSITIVE_INFINITY, now: () => (NOW + 86_401) * 1000 };
    expect(await refusal(verifyWebhook(PAYLOAD, { ...(await signed()) }, SECRET, options))).toBe('webhook.out_of_time');
  });

  it('names the header that is missing', async () => {
    const headers: WebhookHeaders = { ...(await signed()), 'webhook-id': undefined };
    expect(await refusal(verifyWebhook(PAYLOAD, headers, SECRET, { now }))).toBe('webhook.missing_header');
    await expect(verifyWebhook(PAYLOAD, new Headers(), SECRET, { now })).rejects.toThrow('webhook-timestamp');
  });

  it.each(['-1', 'NaN', 'yesterday', '1614265330000'])('refuses the timestamp %j', async (timestamp) => {
    const headers = { ...(await signed()), 'webhook-timestamp': timestamp };
    expect(await refusal(verifyWebhook(PAYLOAD, headers, SECRET, { now }))).toBe('webhook.out_of_time');
  });

  it('asks for the raw body where it gets a parsed one', async () => {
    const parsed = JSON.parse(PAYLOAD) as unknown as string;
    expect(await refusal(verifyWebhook(parsed, { ...(await signed()) }, SECRET, { now }))).toBe(
      'webhook.payload_not_raw',
    );
  });

  it.each(['', 'whsec_', 'whsec_*', undefined as unknown as string])(
    'refuses the secret %j without telling it',
    async (secret) => {
      const work = verifyWebhook(PAYLOAD, { ...(await signed()) }, secret, { now });
      expect(await refusal(work)).toBe('webhook.invalid_secret');
      await expect(work).rejects.not.toThrow('*');
    },
  );

  it('says so where a body that was signed well is not JSON', async () => {
    expect(await refusal(verifyWebhook('hello', { ...(await signed('hello')) }, SECRET, { now }))).toBe(
      'webhook.invalid_json',
    );
  });
});
