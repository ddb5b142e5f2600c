/** The body of a webhook exactly as it travelled: text or bytes, never an object that was parsed from it. */
export type WebhookPayload = string | Uint8Array | ArrayBuffer;
