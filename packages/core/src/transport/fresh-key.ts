/**
 * A key that no other call has: 122 random bits or more. The time comes first, so that a server finds keys of one hour side
 * by side in its index, not all over it. Pages without https have no `randomUUID`.
 */
export function freshKey(): string {
  return `${Date.now()}-${crypto.randomUUID?.() ?? crypto.getRandomValues(new Uint32Array(4)).join('-')}`;
}
