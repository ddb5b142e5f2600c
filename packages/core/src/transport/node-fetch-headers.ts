/**
 * The headers of an answer. The transport asks for three of them by name, which is answered from the fields as they came;
 * whatever else is asked for makes real `Headers` of them: the platform loads its whole `fetch` for the first ones.
 */
export class NodeHeaders implements Headers {
  readonly #fields: readonly string[];
  #whole: Headers | undefined;

  /** `fields`: names and values in turn. */
  constructor(fields: readonly string[]) {
    this.#fields = fields;
  }

  get(name: string): string | null {
    if (this.#whole) return this.#whole.get(name);
    const wanted = name.toLowerCase();
    let found: string | null = null;
    for (let index = 0; index < this.#fields.length; index += 2) {
      const field = this.#fields[index] as string;
      if (field.length !== wanted.length || field.toLowerCase() !== wanted) continue;
      const value = this.#fields[index + 1] as string;
      found = found === null ? value : `${found}, ${value}`;
    }
    return found;
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  append(name: string, value: string): void {
    this.#headers().append(name, value);
  }

  delete(name: string): void {
    this.#headers().delete(name);
  }

  set(name: string, value: string): void {
    this.#headers().set(name, value);
  }

  getSetCookie(): string[] {
    return this.#headers().getSetCookie();
  }

  forEach(each: (value: string, name: string, parent: Headers) => void, thisArg?: unknown): void {
    for (const [name, value] of this) each.call(thisArg, value, name, this);
  }

  entries(): HeadersIterator<[string, string]> {
    return this.#headers().entries();
  }

  keys(): HeadersIterator<string> {
    return this.#headers().keys();
  }

  values(): HeadersIterator<string> {
    return this.#headers().values();
  }

  [Symbol.iterator](): HeadersIterator<[string, string]> {
    return this.entries();
  }

  #headers(): Headers {
    if (this.#whole) return this.#whole;
    const headers = new Headers();
    for (let index = 0; index < this.#fields.length; index += 2) {
      headers.append(this.#fields[index] as string, this.#fields[index + 1] as string);
    }
    this.#whole = headers;
    return headers;
  }
}
