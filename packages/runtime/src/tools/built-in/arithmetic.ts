/** An expression that cannot be read or has no value. */
export class ArithmeticError extends Error {
  override readonly name = 'ArithmeticError';
}

type Token = { kind: 'number' | 'name' | 'symbol' | 'end'; text: string; at: number };

/** Deepest nesting of parentheses, signs and powers. */
const MOST_DEPTH = 64;

/** How tightly a binary operator binds. `^` binds tighter than a sign before it and groups from the right. */
const BINDING: ReadonlyMap<string, number> = new Map([
  ['+', 1],
  ['-', 1],
  ['*', 2],
  ['/', 2],
  ['%', 2],
  ['^', 4],
]);
const SIGN_BINDING = 3;

const CONSTANTS: ReadonlyMap<string, number> = new Map([
  ['pi', Math.PI],
  ['e', Math.E],
]);

/** Each function with the numbers of arguments that it takes. */
const FUNCTIONS: ReadonlyMap<string, { least: number; most: number; of: (...args: number[]) => number }> = new Map([
  ...(['sqrt', 'abs', 'floor', 'ceil', 'exp', 'sin', 'cos', 'tan'] as const).map(
    (name) => [name, { least: 1, most: 1, of: Math[name] }] as const,
  ),
  ['ln', { least: 1, most: 1, of: Math.log }],
  ['log', { least: 1, most: 2, of: (x, base) => (base === undefined ? Math.log10(x) : Math.log(x) / Math.log(base)) }],
  ['round', { least: 1, most: 2, of: roundTo }],
  ['min', { least: 1, most: 100, of: Math.min }],
  ['max', { least: 1, most: 100, of: Math.max }],
] as const);

/**
 * The value of an arithmetic expression: `+ - * / % ^`, parentheses, signs, {@link FUNCTIONS} and `pi`, `e`. Rounded to
 * 15 significant digits, so that 0.1 + 0.2 is 0.3.
 *
 * @throws {ArithmeticError} Says what was expected, and at which character.
 */
export function evaluate(expression: string): number {
  const value = new Parser(tokenize(expression)).parse();
  if (!Number.isFinite(value)) {
    throw new ArithmeticError(`The value is not a finite number (${Number.isNaN(value) ? 'undefined' : 'infinite'}).`);
  }
  return Number(value.toPrecision(15));
}

/** A Pratt parser that evaluates as it goes. */
class Parser {
  readonly #tokens: Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  parse(): number {
    const value = this.#expression(0);
    if (this.#peek().kind !== 'end') throw unexpected(this.#peek(), 'an operator or the end');
    return value;
  }

  #expression(binding: number): number {
    this.#depth += 1;
    if (this.#depth > MOST_DEPTH) throw new ArithmeticError(`Nested deeper than ${MOST_DEPTH} levels.`);
    let value = this.#operand();
    for (;;) {
      const operator = this.#peek().text;
      const strength = BINDING.get(operator);
      if (this.#peek().kind !== 'symbol' || strength === undefined || strength <= binding) break;
      this.#take();
      value = apply(operator, value, this.#expression(operator === '^' ? strength - 1 : strength));
    }
    this.#depth -= 1;
    return value;
  }

  #operand(): number {
    const token = this.#take();
    if (token.kind === 'number') return Number(token.text);
    if (token.kind === 'name') return this.#named(token);
    if (token.text === '(') {
      const value = this.#expression(0);
      this.#expect(')');
      return value;
    }
    if (token.text === '-') return -this.#expression(SIGN_BINDING);
    if (token.text === '+') return this.#expression(SIGN_BINDING);
    throw unexpected(token, 'a number, a name or "("');
  }

  #named(token: Token): number {
    const constant = CONSTANTS.get(token.text);
    if (constant !== undefined) return constant;
    const known = FUNCTIONS.get(token.text);
    if (!known) {
      const names = [...FUNCTIONS.keys(), ...CONSTANTS.keys()].join(', ');
      throw new ArithmeticError(`Unknown name "${token.text}" at character ${token.at + 1}. Known: ${names}.`);
    }
    this.#expect('(');
    const args = [this.#expression(0)];
    while (this.#peek().text === ',') {
      this.#take();
      args.push(this.#expression(0));
    }
    this.#expect(')');
    if (args.length < known.least || args.length > known.most) {
      throw new ArithmeticError(`${token.text} takes ${known.least} to ${known.most} arguments; got ${args.length}.`);
    }
    return known.of(...args);
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', text: '', at: 0 };
  }

  #take(): Token {
    const token = this.#peek();
    this.#next += 1;
    return token;
  }

  #expect(symbol: string): void {
    const token = this.#take();
    if (token.text !== symbol) throw unexpected(token, `"${symbol}"`);
  }
}

function tokenize(expression: string): Token[] {
  const tokens: Token[] = [];
  const pattern = /\s*(?:(\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)|([a-z]+\d*)|(\S))/giy;
  for (let match = pattern.exec(expression); match; match = pattern.exec(expression)) {
    const [, number, name, symbol = ''] = match;
    const text = number ?? name?.toLowerCase() ?? symbol;
    const kind = number !== undefined ? 'number' : name !== undefined ? 'name' : 'symbol';
    tokens.push({ kind, text, at: pattern.lastIndex - text.length });
  }
  return [...tokens, { kind: 'end', text: '', at: expression.length }];
}

function apply(operator: string, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '^':
      return a ** b;
    default:
      if (b === 0) throw new ArithmeticError('Division by zero.');
      return operator === '/' ? a / b : a % b;
  }
}

/** To `digits` places after the point; halves away from zero. */
function roundTo(value: number, digits = 0): number {
  const factor = 10 ** digits;
  return (Math.sign(value) * Math.round(Number((Math.abs(value) * factor).toPrecision(15)))) / factor;
}

function unexpected({ kind, text, at }: Token, expected: string): ArithmeticError {
  const found = kind === 'end' ? 'the end' : `"${text}"`;
  return new ArithmeticError(`Expected ${expected} at character ${at + 1}; found ${found}.`);
}
