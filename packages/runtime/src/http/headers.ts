/** What every answer carries. Answers are data for programs: nothing may show, frame, guess or keep them. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

const jsonHeaders = { ...securityHeaders, 'content-type': 'application/json' };
const problemHeaders = { ...securityHeaders, 'content-type': 'application/problem+json' };

/** An answer in JSON; `body` is its text. */
export function jsonResponse(status: number, body: string, requestId: string, more?: Record<string, string>): Response {
  return new Response(body, { status, headers: { ...jsonHeaders, 'x-request-id': requestId, ...more } });
}

/** An error as RFC 9457 has it; `body` is its text. */
export function problemResponse(
  status: number,
  body: string,
  requestId: string,
  more: Record<string, string>,
): Response {
  return new Response(body, { status, headers: { ...problemHeaders, 'x-request-id': requestId, ...more } });
}
