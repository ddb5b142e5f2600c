/** Where a command prints, and what that can show. */
export interface Terminal {
  /** Columns; undefined where it is no terminal, and so nothing is cut. */
  width: number | undefined;
  /** Whether colours may be used. */
  colors: boolean;
  /** Writes text as it is. */
  write(text: string): void;
}

/** The parameters that begin and end a colour. Node's `styleText` judges by its own stdout instead of ours. */
const tints = { red: [31, 39], green: [32, 39], yellow: [33, 39], cyan: [36, 39], dim: [2, 22] } as const;

/** A colour that a word is shown in, where there are colours. */
export type Tint = keyof typeof tints;

/** What a stream is: a terminal of some width, or a pipe or a file, which get neither colours nor cuts. */
export function terminalOf(
  stream: { isTTY?: boolean; columns?: number; write(text: string): unknown },
  env: NodeJS.ProcessEnv = process.env,
): Terminal {
  const isTerminal = stream.isTTY === true;
  return {
    width: isTerminal ? (stream.columns ?? 80) : undefined,
    colors: isTerminal && !env.NO_COLOR && env.TERM !== 'dumb',
    write: (text) => void stream.write(text),
  };
}

/** Text in a colour, where the terminal has colours. */
export function tinted(terminal: Pick<Terminal, 'colors'>, tint: Tint | undefined, text: string): string {
  if (!terminal.colors || tint === undefined) return text;
  const [begin, end] = tints[tint];
  return `\x1b[${begin}m${text}\x1b[${end}m`;
}
