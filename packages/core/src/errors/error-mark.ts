const mark = /* @__PURE__ */ Symbol.for('runctl.error');

/** Marks a fresh error with the names of its classes, the nearest first. Two copies of core share the mark. */
export function markError(error: object, ownClass: object): void {
  const names: string[] = [];
  for (let one: { errorName?: string } = ownClass; one.errorName; one = Object.getPrototypeOf(one))
    names.push(one.errorName);
  // The name as text: minifiers rename classes.
  const name = { value: names[0], writable: true, configurable: true };
  Object.defineProperties(error, { [mark]: { value: names }, name });
}

/** Whether a value was marked as an error of the class with this name, by whichever copy of core. */
export function hasErrorMark(value: unknown, errorName: string): boolean {
  const names = (value as { [mark]?: unknown } | null | undefined)?.[mark];
  return Array.isArray(names) && names.includes(errorName);
}

/** `instanceof` by mark; for a class of the user's own, which has no name here, by prototype. */
export function isInstance(one: { errorName: string }, value: unknown): boolean {
  return Object.hasOwn(one, 'errorName')
    ? hasErrorMark(value, one.errorName)
    : Object[Symbol.hasInstance].call(one, value);
}
