/** Stops parts one after the other. One that cannot say goodbye, since the store is away, keeps no other from it. */
export async function stopInOrder(parts: readonly (() => unknown)[], onError: (error: unknown) => void): Promise<void> {
  for (const stop of parts) {
    try {
      await stop();
    } catch (error) {
      onError(error);
    }
  }
}
