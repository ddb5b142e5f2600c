export { emptyPage, type MethodCall, methodNames, type ObservedCall, observeCall } from './method-call.ts';
export {
  type ChatCompletionsServer,
  type ChatReply,
  type ChatScript,
  type RecordedChatRequest,
  startChatCompletionsServer,
} from './model-servers/chat-completions-server.ts';
export { type Answer, type RecordedRequest, type RecordingServer, startRecordingServer } from './recording-server.ts';
