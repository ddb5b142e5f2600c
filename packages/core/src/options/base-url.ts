import { badOption } from '../errors/config-error.ts';

/**
 * The address of the API with `/v1` and without a final slash; a path before `/v1` is kept.
 *
 * @throws {RunctlConfigError} it is no absolute http(s) address, or holds credentials, a query or a fragment
 */
export function checkBaseUrl(value: string, name = 'baseUrl'): string {
  const { href, origin, pathname } = URL.canParse(value) ? new URL(value) : ({} as Partial<URL>);
  if (!/^https?:\/\/[^/?#@]+\/[^?#]*$/.test(`${href}`)) {
    throw badOption(name, 'an http(s) address without credentials, query or fragment');
  }
  return origin + String(pathname).replace(/(\/v1)?\/*$/, '/v1');
}

/** Whether an address leaves this machine in plain text. */
export function isPlainText(baseUrl: string): boolean {
  return /^http:(?!\/\/([^/]*\.)?(localhost|127\.[\d.]+|\[::1\])(:\d+)?\/)/.test(baseUrl);
}
