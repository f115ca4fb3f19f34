/** Commands that run another one elsewhere: in a container, on the nodes of a job. */
import type { ShellWord } from '../config/shell-facts.js'
import type { Span } from '../text/location.js'
import { containerEnvironment, containerRun } from './container-run.js'
import { readOptions } from './launch-options.js'
import { table } from './option-table.js'
import { torchxCommand } from './torchx.js'

export interface InnerCommand {
  words: ShellWord[]
  environment: { name: string; value: string; span: Span }[]
}

/** Undefined: another command. Null: it runs nothing that can be read. `words` begin with the command. */
export function innerCommand(name: string, words: ShellWord[]): InnerCommand | null | undefined {
  if (name === 'torchx') return torchxCommand(words)
  const inService = composeCommand(words)
  if (inService !== undefined) return inService
  const run = containerRun(words)
  return run === null ? undefined : { words: run.command, environment: containerEnvironment(run) }
}

const composed = table(
  'f file p project-name profile env-file project-directory parallel progress ansi',
  'compatibility dry-run all-resources verbose',
)
const inside = table(
  'e env entrypoint l label name p publish u user v volume w workdir env-from-file cap-add cap-drop index pull',
  'rm d detach T no-TTY no-deps service-ports use-aliases i interactive t tty it build quiet quiet-pull quiet-build remove-orphans P privileged',
)

/** `docker compose run --rm trainer python train.py`. Source: docker compose 2.29, `run` and `exec`. */
function composeCommand(words: ShellWord[]): InnerCommand | null | undefined {
  const tool = (words[0]?.text ?? '').replace(/^.*\//, '')
  const isPlugin = /^(docker|podman)$/.test(tool) && words[1]?.text === 'compose'
  if (!isPlugin && !/^(docker|podman)-compose$/.test(tool)) return undefined
  const behind = words.slice(isPlugin ? 2 : 1)
  const [verb, ...given] = behind.slice(readOptions(behind, composed, [], () => {}).end)
  if (verb?.text !== 'run' && verb?.text !== 'exec') return undefined
  const environment: InnerCommand['environment'] = []
  let entry: ShellWord | null = null
  const { end } = readOptions(given, inside, [], (name, { value, span, valueSpan }) => {
    if (typeof value !== 'string') return
    const [, variable, text] = /^(\w+)=([\s\S]*)$/.exec(value) ?? []
    if (/^e(nv)?$/.test(name) && variable !== undefined)
      environment.push({ name: variable, value: text!, span })
    if (name === 'entrypoint' && valueSpan !== null) entry = { text: value, raw: value, ...valueSpan }
  })
  const command = given.slice(end + 1)
  const all = entry === null ? command : [entry, ...command]
  return all.length === 0 ? null : { words: all, environment }
}
