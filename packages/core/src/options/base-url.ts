import { RunctlConfigError } from '../errors/config-error.ts';

const DEFAULT_BASE_URL = 'https://api.runctl.com';

/**
 * The address of the API with `/v1` and without a final slash; a path before `/v1` is kept.
 *
 * @throws {RunctlConfigError} it is no absolute http(s) address, or holds credentials, a query or a fragment
 */
export function checkBaseUrl(value: unknown = DEFAULT_BASE_URL, name = 'baseUrl'): string {
  let url: URL | undefined;
  try {
    url = new URL(value as string);
  } catch {
    // Named below; the value itself may hold a credential.
  }
  if (typeof value !== 'string' || !url || !/^https?:$/.test(url.protocol) || url.username || url.password) {
    throw new RunctlConfigError(
      `\`${name}\` must be an http(s) address without credentials, like ${DEFAULT_BASE_URL}.`,
    );
  }
  if (/[?#]/.test(value)) throw new RunctlConfigError(`\`${name}\` must have no query and no fragment.`);
  const path = url.pathname.replace(/\/+$/, '');
  return url.origin + (path.endsWith('/v1') ? path : `${path}/v1`);
}

/** Whether an address leaves this machine in plain text. */
export function isPlainText(baseUrl: string): boolean {
  const { protocol, hostname } = new URL(baseUrl);
  return protocol === 'http:' && !/^(localhost|.*\.localhost|127\.[\d.]+|\[::1\])$/.test(hostname);
}
