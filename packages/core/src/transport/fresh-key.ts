/** A key that no other call has: 122 random bits or more. Pages without https have no `randomUUID`. */
export function freshKey(): string {
  return crypto.randomUUID?.() ?? crypto.getRandomValues(new Uint32Array(4)).join('-');
}
