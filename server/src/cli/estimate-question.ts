/** `costlint estimate --model …`: memory, time and money of a run that no file describes. */
import { gpuSpellings, modelSpellings, namedGpu } from '../catalog/spellings.js'
import { type Answer, answer } from '../estimate/answer.js'
import { answerFigures } from '../estimate/answer-figures.js'
import { between, duration, number, seconds } from '../estimate/figures.js'
import { roughUsd } from '../estimate/hourly.js'
import { usableMemory, verdict } from '../estimate/memory.js'
import { type NotUnderstood, type Question, type ReadQuestion, readQuestion } from '../estimate/question.js'
import { saysNothing } from '../estimate/training-words.js'
import { suggestion } from '../linter.js'
import { lookUp } from '../text/records.js'
import { type Colors, type Console, exit, UsageError } from './console.js'
import { harmless } from './format/width.js'

/** What commander hands over: everything as it was written. */
export type QuestionFlags = { [Option in Exclude<keyof Question, `${string}Tokens`>]?: string }

/** Options that make no sense without `--model`. */
export const questionOptions = [
  'dataset',
  'samples',
  'size',
  'batch',
  'devices',
  'precision',
  'optimizer',
  'method',
  'length',
  'accumulation',
] as const satisfies (keyof QuestionFlags)[]

export function answerQuestion(flags: QuestionFlags, format: 'full' | 'json', console: Console): number {
  const read = readQuestion(questionFrom(flags))
  if ('option' in read) throw new UsageError(unknownWord(read))
  const found = answer(read, new Date().toISOString())
  console.out(
    format === 'json' ? `${JSON.stringify(answerFigures(found))}\n` : drawn(read, found, console.colors),
  )
  return exit.clean
}

type Counts = { [Option in (typeof countOptions)[number] | `${'samples' | 'batch'}Tokens`]?: number }

const countOptions = ['samples', 'batch', 'devices', 'accumulation'] as const

function questionFrom(flags: QuestionFlags): Question {
  if (flags.model === undefined || flags.model.trim() === '')
    throw new UsageError('--model: the model to train is missing')
  const { model, gpu, dataset, size, precision, optimizer, method, length } = flags
  const counts: Counts = Object.fromEntries(
    countOptions.flatMap((option) => {
      const text = flags[option]
      if (text === undefined || saysNothing(text)) return []
      const tokens = text.slice(0, Math.max(0, text.search(/tokens?\b/i)))
      return /\d/.test(tokens) && (option === 'samples' || option === 'batch')
        ? [[`${option}Tokens`, count(option, tokens)]]
        : [[option, count(option, text)]]
    }),
  )
  if (overall.test(flags.batch ?? '')) {
    const devices = counts.devices ?? namedGpu(gpu ?? '')?.count ?? 1
    for (const option of ['batch', 'batchTokens'] as const)
      if (counts[option] !== undefined) counts[option] = Math.max(1, Math.round(counts[option] / devices))
  }
  const words = { gpu, dataset, size, precision, optimizer, method, length }
  const given = Object.fromEntries(
    Object.entries(words).filter(([, text]) => text !== undefined && text.trim() !== ''),
  )
  return { model, ...given, ...counts }
}

const scales: Record<string, number> = { '': 1, k: 1e3, m: 1e6, b: 1e9, t: 1e12 }

/** What may stand behind a count: what is counted, and where. */
const counted =
  /\b(?:(?:per|a|each|\/)\s*(?:gpu|device|card|chip|core|node|worker|step)|images?|imgs?|samples?|sequences?|seqs?|examples?|sentences?|clips?|nodes|rows|items|pairs|records|documents|docs|utterances|videos|points|graphs|gpus?|devices?|cards?|chips?|cores?|steps?|micro|local|about|approx)\b\.?/gi
/** Of all devices together. */
const overall = /\b(?:global|total|overall|effective|in all)\b/i

/** '64', '1,281,167', '2000 (std)', '300k', '16 per GPU', '2 x 8'. */
function count(option: string, text: string): number {
  const plain = text
    .replace(/\([^)]*\)/g, '')
    // '88 / 12', of two phases: the first one.
    .replace(/^\s*(\d+)\s*\/\s*\d+\s*$/, '$1')
    .replace(/\/\s*(?=[a-z])/gi, ' per ')
    .replace(counted, ' ')
    .replace(overall, ' ')
    .replace(/[,_~\s]/g, '')
  const numbers = option === 'devices' ? plain.split(/[x×*]/) : [plain]
  const number = numbers.reduce((product, one) => product * scaled(one), 1)
  if (!Number.isInteger(number) || number < 1)
    throw new UsageError(`--${option}: "${text}" is no whole number from 1 on`)
  return number
}

/** 0: no number. */
function scaled(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kmbt]?)$/i.exec(text)
  return match === null ? 0 : Number(match[1]) * (lookUp(scales, match[2]!.toLowerCase()) ?? 1)
}

function unknownWord({ option, text, words }: NotUnderstood): string {
  if (option === 'model') {
    const near = suggestion(text, modelSpellings())
    return `--model: "${text}" is not known${near || '; a language model is estimated by its size, where its name says it (`13B`)'}`
  }
  if (option === 'gpu') {
    const near = suggestion(text, gpuSpellings(text))
    return `--gpu: "${text}" is not known${near || '; such are T4, V100, A100-80GB, H100-SXM, RTX4090, TPU-v4, or a machine type'}`
  }
  return `--${option}: "${text}" is not understood; such are ${(words ?? []).join(', ')}`
}

const gib = 2 ** 30

function drawn(read: ReadQuestion, found: Answer, colors: Colors): string {
  const { named, network, gpu, devices } = read
  const parameters = named.model?.parameters ?? network?.parameters ?? 0
  const size =
    parameters === 0
      ? ''
      : `, ${parameters < 1e9 ? `${Math.round(parameters / 1e6)} M` : `${(parameters / 1e9).toFixed(1)} B`} parameters`
  const lines = [
    `${colors.bold(harmless(named.name))}${size} on ${devices} × ${gpu?.name ?? 'some accelerator'}`,
  ]
  const row = (name: string, text: string) => lines.push(`  ${name.padEnd(8)}  ${text}`)
  const { memory, stepSeconds, samplesPerSecond, hours, usd } = found
  if (memory !== null) {
    const usable = gpu && usableMemory(gpu)
    // Where it fits by an assumption alone, the plain way may still be the one that runs.
    const most = Math.max(memory.high, memory.estimate.high)
    const fits =
      usable === null
        ? ''
        : ` of ${(usable / gib).toFixed(1)} GiB usable: ${verdict({ ...memory.estimate, ...memory, high: most }, usable)}`
    const [low, expected, high] = [memory.low, memory.expected, memory.high].map((bytes) =>
      (bytes / gib).toFixed(1),
    )
    row('memory', `${expected} GiB per device (${low}–${high})${fits}`)
  }
  if (stepSeconds !== null) row('step', between(seconds(stepSeconds.low), seconds(stepSeconds.high)))
  if (samplesPerSecond !== null) {
    const { low, high } = samplesPerSecond
    row('speed', `${number(low)}–${number(high)} samples/s${devices > 1 ? ' over all devices' : ''}`)
  }
  if (found.work?.steps != null) row('steps', number(found.work.steps))
  if (hours !== null) row('time', between(duration(hours.low), duration(hours.high)))
  if (usd !== null) row('money', `${roughUsd(usd.low)}–${roughUsd(usd.high).slice(1)}`)
  for (const one of found.unknown) lines.push(`  ${colors.yellow('not known')} ${harmless(one)}`)
  for (const one of found.assumptions) lines.push(`  ${colors.dim(`assumed: ${harmless(one)}`)}`)
  lines.push(
    `  ${colors.dim('Low is a well-tuned program, high a plain one; slow loading of data is not counted.')}`,
  )
  return `${lines.join('\n')}\n`
}
