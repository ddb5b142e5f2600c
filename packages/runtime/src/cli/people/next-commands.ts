/** What to do about a failure, in commands; `<agent>` and its like stand for the id that the request named. */
const nextCommands: Readonly<Record<string, string>> = {
  'agent.running': 'runctl agents stop <agent>',
  'agent.not_deployed': 'runctl agents deploy <agent>',
  'agent.has_open_tasks': 'runctl tasks ls --agent <agent>',
  'task.not_waiting': 'runctl tasks get <task>',
  'task.not_finished': 'runctl tasks tail <task>',
  'task.not_failed': 'runctl tasks fork <task> --at <step>',
  'task.fork_step_invalid': 'runctl tasks trace <task>',
  'workflow.not_ended': 'runctl workflows tail <workflow>',
  'workflow.step_not_waiting': 'runctl workflows get <workflow>',
};

const idsOf: Readonly<Record<string, RegExp>> = {
  '<agent>': /\bagt_[0-9a-z]{26}\b/,
  '<task>': /\btsk_[0-9a-z]{26}\b/,
  '<workflow>': /\bwfl_[0-9a-z]{26}\b/,
};

/** The command that helps where a request was refused with a code, for the thing that its message names. */
export function nextCommand(code: string, message: string): string | undefined {
  if (!Object.hasOwn(nextCommands, code)) return undefined;
  return nextCommands[code]?.replace(/<\w+>/g, (placeholder) => idsOf[placeholder]?.exec(message)?.[0] ?? placeholder);
}
