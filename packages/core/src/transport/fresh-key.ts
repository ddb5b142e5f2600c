/** A key that no other call has: 122 random bits. Pages without https have no `randomUUID`. */
export function freshKey(): string {
  return (
    crypto.randomUUID?.() ??
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
  );
}
