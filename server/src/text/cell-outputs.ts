/** How long a cell of a notebook ran when it was run last, by what Jupyter, Colab and Kaggle keep with it. */
import { getNodeValue, type Node } from 'jsonc-parser'
import { lookUp } from './records.js'

type Values = Readonly<Record<string, unknown>>

/** Code that may train: outputs of other cells are not looked at. */
const mayTrain = /\b(fit\w*|train\w*|learn|fine_?tune\w*|backward|main|run\w*)\s*\(/i

/** Seconds; null: nothing says so, or it was broken off. `source`: the text of the cell. */
export function cellSeconds(cell: Node, source: string): number | null {
  if (!mayTrain.test(source)) return null
  const outputs = partOf(cell, 'outputs')
  const list = Array.isArray(outputs) ? outputs.filter(isTable) : []
  if (list.some((one) => one.output_type === 'error')) return null
  const metadata = partOf(cell, 'metadata')
  return fromMetadata(isTable(metadata) ? metadata : {}) ?? fromOutputs(list.map(textOf).join('\n'))
}

function partOf(cell: Node, name: string): unknown {
  const entry = cell.children?.find((one) => one.children?.[0]?.value === name)?.children?.[1]
  return entry === undefined ? undefined : getNodeValue(entry)
}

function isTable(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Colab, papermill, the kernel's own messages (Kaggle, JupyterLab), the extension ExecuteTime. */
function fromMetadata(metadata: Values): number | null {
  const table = (name: string): Values => {
    const found = lookUp(metadata as Record<string, unknown>, name)
    return isTable(found) ? found : {}
  }
  const colab = table('executionInfo')
  if (colab.status === 'ok' && typeof colab.elapsed === 'number') return positive(colab.elapsed / 1000)
  const papermill = table('papermill')
  if (papermill.status === 'completed' && typeof papermill.duration === 'number')
    return positive(papermill.duration)
  const kernel = table('execution')
  const extension = table('ExecuteTime')
  return (
    between(kernel['iopub.execute_input'], kernel['shell.execute_reply']) ??
    between(extension.start_time, extension.end_time)
  )
}

function between(start: unknown, end: unknown): number | null {
  const from = typeof start === 'string' ? Date.parse(start) : Number.NaN
  const to = typeof end === 'string' ? Date.parse(end) : Number.NaN
  return positive((to - from) / 1000)
}

function positive(seconds: number): number | null {
  return seconds > 0 && seconds < Number.POSITIVE_INFINITY ? seconds : null
}

/** Characters of outputs that are looked at: the last. */
const longest = 400_000

function textOf(output: Values): string {
  const data = isTable(output.data) ? output.data : {}
  const texts = [output.text, data['text/plain'], data['text/html']].map((one) =>
    Array.isArray(one) ? one.join('') : typeof one === 'string' ? one : '',
  )
  return texts.join('\n').slice(-longest)
}

/** `'train_runtime': 515.9`, as the Trainer of transformers ends. */
const ofTrainer = /\btrain_runtime['"]?[:=]\s*['"]?([\d.]+)/
/** `[1270/1270 08:36, Epoch 5/5]`: its bar in a notebook. */
const ofBar = /\[\s*(\d+)\/(\d+) (?:(\d+):)?(\d+):(\d+), Epoch/
/** `49/49 [====] - 159s 3s/step`, `49/49 ━━━ 159s 3s/step`: an epoch of Keras. */
const ofEpoch = /(?:^|\s)(\d+)\/(\d+) (?:\[=+\] - |[^\s\w]+ )(\d+)s (?=\d)/
/** `100%|██████| 469/469 [01:23<00:00, 5.6it/s]`: a bar of tqdm, at its end. */
const ofLoop = /\| (\d+)\/(\d+) \[(?:(\d+):)?(\d+):(\d+)<00:00/
/** `Epoch 13: 100%|██████| 469/469 [01:23<00:00` of Lightning, which counts from 0, and whose bars are written over each other. */
const ofWrittenOver = /\bEpoch (\d+): 100%\|/
/** `Epoch: 01 | Time: 0m 20s`: what the author prints of each epoch. */
const ofPrinted =
  /\bepoch\b.*\b(?:time|took)\b[\s:=]*(?:(\d+) ?m(?:in)?,? ?)?(\d+(?:\.\d+)?) ?s(?:ec|econds)?\b/i

/** `Training complete in 12m 30s`, `Training finished in 1h 2m 3s`: what the author prints at the end. */
const ofWhole =
  /\btraining\b[^\n\d]{0,30}\b(?:complete|completed|finished|done|took|time)\b[^\n\d]{0,12}?(?:(\d+) ?h(?:ours?)?[, ]+)?(\d+) ?m(?:in(?:utes?)?)?[, ]+(\d+(?:\.\d+)?) ?s/i
/** `100 epochs completed in 1.234 hours.`, of Ultralytics. */
const ofHours = /\bepochs completed in (\d+(?:\.\d+)?) hours/
/** `Epoch 3/25`: Keras begins one. */
const ofHead = /^\s*Epoch (\d+)\/(\d+)\s*$/
/** Colours and bold of a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they are
const styles = /\u001b\[[\d;]*m/g

/** A run that was stored before its end takes as long for the epochs that are missing. */
interface Heads {
  begun: number
  of: number
  ended: number
}

function fromOutputs(written: string): number | null {
  const text = written.replace(styles, '')
  const found = { trainer: 0, bar: 0, epochs: 0, whole: 0, wall: 0 }
  const heads: Heads = { begun: 0, of: 0, ended: 0 }
  /** Bars inside one another come to the same; those of one loop have one length, and follow each other. */
  const loops = new Map<string, { seconds: number; bars: number; epochs: number }>()
  const printed: number[] = []
  for (const line of text.split('\n')) {
    // What is written over in its place is there many times.
    const last = line.slice(line.lastIndexOf('\r') + 1)
    found.trainer += Number(ofTrainer.exec(last)?.[1] ?? 0)
    const bar = ofBar.exec(last)
    if (bar !== null && bar[1] === bar[2]) found.bar += clock(bar)
    const epoch = ofEpoch.exec(last.slice(last.lastIndexOf('\b') + 1))
    if (epoch !== null && epoch[1] === epoch[2]) {
      found.epochs += Number(epoch[3])
      heads.ended = heads.begun
    }
    const head = ofHead.exec(last)
    if (head !== null) [heads.begun, heads.of] = [Number(head[1]), Number(head[2])]
    const [, hours, minutes, seconds] = ofWhole.exec(last) ?? []
    if (minutes !== undefined)
      found.whole += 3600 * Number(hours ?? 0) + 60 * Number(minutes) + Number(seconds)
    found.whole += 3600 * Number(ofHours.exec(last)?.[1] ?? 0)
    found.wall ||= wallOf(last)
    const told = ofPrinted.exec(last)
    if (told !== null) printed.push(60 * Number(told[1] ?? 0) + Number(told[2]))
    const loop = ofLoop.exec(last)
    if (loop !== null && loop[1] === loop[2]) {
      const { seconds, bars, epochs } = loops.get(loop[2]!) ?? { seconds: 0, bars: 0, epochs: 0 }
      const before = Number(ofWrittenOver.exec(last)?.[1] ?? -1)
      loops.set(loop[2]!, {
        seconds: seconds + clock(loop),
        bars: bars + 1,
        epochs: Math.max(epochs, before + 1),
      })
    }
  }
  // Epochs of which no bar is left took as long as the others.
  const all = [...loops.values()].map(({ seconds, bars, epochs }) => seconds * Math.max(1, epochs / bars))
  const each = [
    found.trainer,
    found.bar,
    found.wall,
    found.whole,
    found.epochs * missing(heads),
    Math.max(0, ...all),
    secondsOf(printed),
  ]
  return positive(each.find((one) => one > 0) ?? 0)
}

function missing({ begun, of, ended }: Heads): number {
  return ended > 0 && begun === ended + 1 ? of / ended : 1
}

function wallOf(line: string): number {
  const start = line.indexOf('Wall time: ')
  if (start < 0) return 0
  let seconds = 0
  for (const [, count, unit] of line.slice(start).matchAll(/(\d+(?:\.\d+)?) ?(d|h|min|s)(?![a-z])/g))
    seconds += Number(count) * { d: 86_400, h: 3600, min: 60, s: 1 }[unit as 'd' | 'h' | 'min' | 's']
  return seconds
}

/** Times of epochs are alike; those that only grow, to several times the first, are told from the start of the run. */
function secondsOf(printed: readonly number[]): number {
  const [first = 0] = printed
  const last = printed.at(-1) ?? 0
  const grows = printed.every((one, index) => index === 0 || one > printed[index - 1]!)
  return grows && last >= 2 * first ? last : printed.reduce((sum, one) => sum + one, 0)
}

/** Groups 3 to 5 are hours, minutes and seconds. */
function clock([, , , hours, minutes, seconds]: RegExpExecArray): number {
  return 3600 * Number(hours ?? 0) + 60 * Number(minutes) + Number(seconds)
}
