const mark = /* @__PURE__ */ Symbol.for('runctl.error');

/** A class of errors, with its name as text: minifiers rename classes. */
export interface MarkedClass {
  readonly errorName: string;
  readonly prototype: object;
}

/** Marks a fresh error with the names of its classes, the nearest first. Two copies of core share the mark. */
export function markError(error: object, ownClass: object): void {
  const names: string[] = [];
  for (let one: object | null = ownClass; one; one = Object.getPrototypeOf(one)) {
    if (Object.hasOwn(one, 'errorName')) names.push((one as MarkedClass).errorName);
  }
  Object.defineProperty(error, mark, { value: names });
  Object.defineProperty(error, 'name', { value: names[0], writable: true, configurable: true });
}

/** Whether a value was marked as an error of the class with this name, by whichever copy of core. */
export function hasErrorMark(value: unknown, errorName: string): boolean {
  const names = typeof value === 'object' && value !== null && (value as { [mark]?: unknown })[mark];
  return Array.isArray(names) && names.includes(errorName);
}

/** `instanceof` by mark; for a class of the user's own, which has no name here, by prototype. */
export function isInstance(one: MarkedClass, value: unknown): boolean {
  if (Object.hasOwn(one, 'errorName')) return hasErrorMark(value, one.errorName);
  return typeof value === 'object' && value !== null && Object.prototype.isPrototypeOf.call(one.prototype, value);
}
