/** Any value that JSON can carry. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };
/** A JSON object. */
export type JsonObject = { [key: string]: JsonValue };
/** A JSON Schema (draft 2020-12), as it is: https://json-schema.org */
export type JsonSchema = { [keyword: string]: unknown };
/**
 * A catalogue that grows (models, tools): known names complete in the editor, unknown ones still type-check.
 * Never used for statuses.
 */
export type Open<Known extends string> = Known | (string & {});
/** Names and values of the caller's own, to find things by. */
export type Labels = Record<string, string>;
