export type { JsonObject, JsonSchema, JsonValue } from './json.ts';
