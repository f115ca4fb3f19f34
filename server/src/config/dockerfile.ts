/** Dockerfiles as facts: images, environment, and the commands that an image runs. */
import type { ConfigFacts, ConfigMap, ConfigNode } from './node.js'
import type { ShellWord } from './shell-facts.js'
import { emptyScope, type ShellScope, type ShellValue } from './shell-values.js'
import { expandText, expandWord, splitCommands } from './shell-words.js'

export interface DockerInstruction {
  /** In upper case: 'RUN', 'CMD'. */
  keyword: string
  start: number
  end: number
  /** What stands behind the keyword (and behind `--flags`), continuation lines included. */
  valueStart: number
  valueEnd: number
  /** RUN, CMD, ENTRYPOINT: a JSON list, or a line for the shell. Others: null. */
  form: 'exec' | 'shell' | null
  /** Exec form: its words. Shell form: null; read `shellText` as a shell script that begins at `valueStart`. */
  words: ShellWord[] | null
  /** Shell form: the text at equal length, comments between continued lines made blank. */
  shellText: string | null
}

export interface DockerStage {
  /** The FROM instruction. */
  from: DockerInstruction
  /** Image as written, with the ARGs of the file filled in; null where they are not known. */
  image: string | null
  imageStart: number
  imageEnd: number
  /** `AS name`. */
  name: string | null
  instructions: DockerInstruction[]
  /** ENV, in order, with the place of each `NAME=value`. */
  environment: { name: string; value: string | null; start: number; end: number }[]
  /** Folder that the commands run in, where it is known. */
  workdir: string | null
}

/**
 * Stages in detail, and as configuration: a list of maps, one for each stage, from keyword to value, in order. FROM is
 * the image, ENV a map, the exec form a list of words, everything else its text.
 */
export interface DockerfileFacts extends ConfigFacts {
  stages: DockerStage[]
}

/** Reads a Dockerfile. Never throws; lines that are no instruction are skipped. */
export function dockerfileFacts(text: string): DockerfileFacts {
  const facts: DockerfileFacts = { documents: [], stages: [], comments: [] }
  const globals = new Map<string, ShellValue>()
  let variables = new Map<string, ShellValue>()
  let position = 0
  while (position < text.length) {
    const end = lineEnd(text, position)
    const line = text.slice(position, end)
    if (/^\s*#/.test(line)) {
      const start = position + line.indexOf('#')
      facts.comments.push({
        start,
        end: start + text.slice(start, end).trimEnd().length,
        text: text.slice(start, end).trimEnd(),
      })
      position = end + 1
      continue
    }
    const match = /^\s*([A-Za-z]+)(?=[ \t]|$)/.exec(line)
    if (match === null) {
      position = end + 1
      continue
    }
    const start = position + match[0].length - match[1]!.length
    const whole = instructionEnd(text, position, facts.comments)
    position = whole.next
    const instruction = read(text, match[1]!.toUpperCase(), start, start + match[1]!.length, whole.end)
    if (instruction.keyword === 'FROM') {
      variables = new Map(globals)
      facts.stages.push(stageOf(text, instruction, { get: (name) => globals.get(name) }))
      continue
    }
    const stage = facts.stages[facts.stages.length - 1]
    const value = text.slice(instruction.valueStart, instruction.valueEnd)
    if (instruction.keyword === 'ARG') {
      const [, name, fallback] = /^(\w+)(?:=([\s\S]*))?$/.exec(value.trim()) ?? []
      if (name === undefined) continue
      const given =
        fallback === undefined ? null : expandText(fallback, 0, { get: (one) => variables.get(one) })
      const known =
        given === null
          ? (globals.get(name) ?? ({ kind: 'unknown', splits: false } as const))
          : ({ kind: 'text', text: given } as const)
      variables.set(name, known)
      if (stage === undefined) globals.set(name, known)
      continue
    }
    if (stage === undefined) continue
    stage.instructions.push(instruction)
    if (instruction.keyword === 'ENV') {
      for (const one of environment(value, instruction.valueStart, { get: (name) => variables.get(name) })) {
        stage.environment.push(one)
        variables.set(
          one.name,
          one.value === null ? { kind: 'unknown', splits: false } : { kind: 'text', text: one.value },
        )
      }
    } else if (instruction.keyword === 'WORKDIR') {
      const folder = expandText(value.trim(), instruction.valueStart, { get: (name) => variables.get(name) })
      stage.workdir =
        folder === null || folder.startsWith('/')
          ? folder
          : stage.workdir === null
            ? folder
            : `${stage.workdir}/${folder}`
    }
  }
  const root: ConfigNode = {
    kind: 'list',
    items: facts.stages.map((stage) => asMap(text, stage)),
    start: 0,
    end: text.length,
  }
  facts.documents.push({ index: 0, root, templated: false, hasErrors: false })
  return facts
}

function asMap(text: string, stage: DockerStage): ConfigMap {
  const { from } = stage
  const scalar = (value: string | null, start: number, end: number): ConfigNode =>
    value === null
      ? { kind: 'unknown', because: 'build argument', text: text.slice(start, end), start, end }
      : { kind: 'scalar', value, raw: text.slice(start, end), start, end }
  const map: ConfigMap = { kind: 'map', entries: [], start: from.start, end: from.end }
  if (stage.name !== null) map.labels = [stage.name]
  const add = (one: DockerInstruction, value: ConfigNode) => {
    map.entries.push({ key: one.keyword, keyStart: one.start, keyEnd: one.start + one.keyword.length, value })
    map.end = Math.max(map.end, one.end)
  }
  add(from, scalar(stage.image, stage.imageStart, stage.imageEnd))
  let next = 0
  for (const one of stage.instructions) {
    const { valueStart: start, valueEnd: end } = one
    if (one.keyword === 'ENV') {
      // Variables stand in the order of the instructions that set them.
      const first = next
      while (next < stage.environment.length && stage.environment[next]!.end <= end) next++
      const entries = stage.environment.slice(first, next).map((variable) => ({
        key: variable.name,
        keyStart: variable.start,
        keyEnd: variable.start + variable.name.length,
        value: scalar(
          variable.value,
          Math.min(variable.start + variable.name.length + 1, variable.end),
          variable.end,
        ),
      }))
      add(one, { kind: 'map', entries, start, end })
    } else if (one.words !== null) {
      add(one, {
        kind: 'list',
        items: one.words.map((word) => scalar(word.text, word.start, word.end)),
        start,
        end,
      })
    } else add(one, scalar(one.shellText ?? text.slice(start, end), start, end))
  }
  return map
}

function lineEnd(text: string, start: number): number {
  const end = text.indexOf('\n', start)
  return end === -1 ? text.length : end
}

/** End of an instruction over continued lines and heredocs, and where the next one begins. */
function instructionEnd(
  text: string,
  start: number,
  comments: DockerfileFacts['comments'],
): { end: number; next: number } {
  let end = lineEnd(text, start)
  for (;;) {
    const lineStart = text.lastIndexOf('\n', end - 1) + 1
    const line = text.slice(Math.max(lineStart, start), end)
    const comment = lineStart > start && /^\s*#/.test(line)
    if (comment)
      comments.push({
        start: lineStart + line.indexOf('#'),
        end: lineStart + line.trimEnd().length,
        text: line.trim(),
      })
    // Comments and blank lines inside a continued instruction do not end it.
    const continues = comment || (lineStart > start && line.trim() === '') || /\\[ \t\r]*$/.test(line)
    if (!continues || end >= text.length) break
    end = lineEnd(text, end + 1)
  }
  const tag = /<<-?\s*["']?([A-Za-z_]\w*)["']?/.exec(text.slice(start, end))?.[1]
  if (tag !== undefined && /^\s*(RUN|COPY|ADD)\b/i.test(text.slice(start, end))) {
    const close = new RegExp(`^[ \\t]*${tag}[ \\t\\r]*$`, 'm')
    const match = close.exec(text.slice(end + 1))
    if (match !== null) end = end + 1 + match.index + match[0].length
  }
  let trimmed = end
  while (trimmed > start && /[\s\\]/.test(text[trimmed - 1]!)) trimmed--
  return { end: trimmed, next: end + 1 }
}

function read(
  text: string,
  keyword: string,
  start: number,
  keywordEnd: number,
  end: number,
): DockerInstruction {
  let valueStart = Math.min(keywordEnd, end)
  const flags = /^(?:\s|\\\r?\n)*(?:--[\w-]+(?:=\S*)?(?:\s|\\\r?\n)+)*/.exec(text.slice(valueStart, end))
  valueStart += flags?.[0].length ?? 0
  const instruction: DockerInstruction = {
    keyword,
    start,
    end,
    valueStart,
    valueEnd: end,
    form: null,
    words: null,
    shellText: null,
  }
  if (!/^(RUN|CMD|ENTRYPOINT)$/.test(keyword)) return instruction
  const source = text.slice(valueStart, end)
  const words = source.startsWith('[') ? execWords(source, valueStart) : null
  instruction.form = words === null ? 'shell' : 'exec'
  instruction.words = words
  // A comment line between continued lines is dropped by the builder; the shell would end the command there.
  if (words === null) {
    instruction.shellText = source.replace(
      /^([ \t]*#.*?)(\r?)$/gm,
      (all, comment: string, cr: string, at: number) =>
        at === 0 || !/\\[ \t]*\r?\n$/.test(source.slice(0, at))
          ? all
          : `${' '.repeat(comment.length - 1)}\\${cr}`,
    )
  }
  return instruction
}

/** `["python", "train.py"]`; null when it is no list of strings (the builder then takes it for a shell line). */
function execWords(source: string, start: number): ShellWord[] | null {
  try {
    const list: unknown = JSON.parse(source.replace(/\\\r?\n/g, (all) => ' '.repeat(all.length)))
    if (!Array.isArray(list) || !list.every((one): one is string => typeof one === 'string')) return null
  } catch {
    return null
  }
  return [...source.matchAll(/"(?:[^"\\]|\\.)*"/g)].map((match) => ({
    text: JSON.parse(match[0]) as string,
    raw: match[0],
    start: start + match.index,
    end: start + match.index + match[0].length,
  }))
}

function stageOf(text: string, from: DockerInstruction, scope: ShellScope): DockerStage {
  const source = text.slice(from.valueStart, from.valueEnd)
  const [, image, name] = /^(\S+)(?:\s+[Aa][Ss]\s+(\S+))?/.exec(source) ?? []
  return {
    from,
    image: image === undefined ? null : expandText(image, from.valueStart, scope),
    imageStart: from.valueStart,
    imageEnd: from.valueStart + (image?.length ?? 0),
    name: name ?? null,
    instructions: [],
    environment: [],
    workdir: null,
  }
}

function environment(value: string, start: number, scope: ShellScope): DockerStage['environment'] {
  const old = /^(\w+)[ \t]+([\s\S]*)$/.exec(value)
  // `ENV NAME value`, the old form.
  if (old !== null)
    return [
      { name: old[1]!, value: expandText(old[2]!, start, scope, true), start, end: start + value.length },
    ]
  const found: DockerStage['environment'] = []
  for (const word of splitCommands(value, start, emptyScope).flat()) {
    const match = /^(\w+)=([\s\S]*)$/.exec(word.raw)
    if (match === null) continue
    const [expanded] = expandWord(word.raw, word.start, scope)
    found.push({
      name: match[1]!,
      value:
        expanded === undefined || expanded.text === null ? null : expanded.text.slice(match[1]!.length + 1),
      start: word.start,
      end: word.end,
    })
  }
  return found
}
