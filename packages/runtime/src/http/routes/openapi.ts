import { createHash } from 'node:crypto';
import type { Context, Hono } from 'hono';
import { jsonResponse, securityHeaders } from '../headers.ts';
import { readContract } from '../openapi/contract.ts';
import { docsPage, docsScript, docsStyle, frontPage } from '../openapi/docs-page.ts';
import { openApiDocument } from '../openapi/document.ts';
import type { AnyHandler } from '../route.ts';

/**
 * Puts the description of the API on an app: `/v1/openapi.json`, and `/v1/docs`, a page that shows it. `/`, which is what
 * a browser asks for, says what this is and where they are.
 */
export function addDescription(
  app: Hono,
  handlers: Readonly<Record<string, AnyHandler>>,
  requestId: () => string,
): void {
  // Made with the first request: it takes some milliseconds and is the same until the process ends.
  let document: Promise<string> | undefined;
  app.get('/v1/openapi.json', async (c) => {
    document ??= readContract().then((contract) => JSON.stringify(openApiDocument(handlers, contract)));
    const text = await document;
    const etag = `"${hashOf(text)}"`;
    if (isKnown(c, etag)) return new Response(null, { status: 304, headers: { ...securityHeaders, etag } });
    return jsonResponse(200, text, requestId(), { etag });
  });
  const page = (html: string, headers: Record<string, string> = {}) =>
    new Response(html, {
      headers: { ...securityHeaders, ...headers, 'content-type': htmlType, 'x-request-id': requestId() },
    });
  app.get('/v1/docs', () => page(docsPage, { 'content-security-policy': pagePolicy }));
  app.get('/', () => page(frontPage));
}

const htmlType = 'text/html; charset=utf-8';

/** The page runs its own few lines, and asks this runtime alone. */
const pagePolicy = [
  "default-src 'none'",
  `script-src 'sha256-${hashOf(docsScript)}'`,
  `style-src 'sha256-${hashOf(docsStyle)}'`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

function isKnown(c: Context, etag: string): boolean {
  return c.req.header('if-none-match')?.includes(etag) === true;
}
