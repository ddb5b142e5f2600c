/** Any value that JSON can carry. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };
/** A JSON object. */
export type JsonObject = { [key: string]: JsonValue };
/** A JSON Schema (draft 2020-12), as it is: https://json-schema.org */
export type JsonSchema = { [keyword: string]: unknown };
