import type { JsonObject } from '@runctl/core';

/** A task's payload as a model reads it. */
export interface FirstMessage {
  prompt: string;
  /** The keys of the payload that are not the prompt. */
  data: JsonObject;
}

const PROMPT_KEYS = ['message', 'query', 'prompt'];

/** Parts a payload: the prompt is `message ?? query ?? prompt`, the rest is data. */
export function readPayload(payload: JsonObject): FirstMessage {
  const key = PROMPT_KEYS.find((each) => payload[each] !== undefined && payload[each] !== null);
  if (key === undefined) return { prompt: '', data: payload };
  const { [key]: prompt = '', ...data } = payload;
  return { prompt: typeof prompt === 'string' ? prompt : JSON.stringify(prompt), data };
}

/** The first user message: the prompt, and below it the data as JSON. */
export function writeFirstMessage({ prompt, data }: FirstMessage): string {
  if (Object.keys(data).length === 0) return prompt;
  const json = JSON.stringify(data);
  return prompt === '' ? json : `${prompt}\n\n${json}`;
}

/** Undoes {@link writeFirstMessage}; text that it did not write is all prompt. */
export function readFirstMessage(text: string): FirstMessage {
  // JSON holds no raw line breaks, so the last gap before a brace is the one that was written.
  const gap = text.startsWith('{') ? 0 : text.lastIndexOf('\n\n{');
  if (gap < 0) return { prompt: text, data: {} };
  try {
    return { prompt: text.slice(0, gap), data: JSON.parse(text.slice(gap)) };
  } catch {
    return { prompt: text, data: {} };
  }
}
