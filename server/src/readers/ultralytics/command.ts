/** Lines like `yolo detect train model=yolo11n.pt data=data.yaml amp=False`. Source: ultralytics, cfg/__init__.py, cfg/default.yaml. */

import type { ShellCommand, ShellWord } from '../../config/shell-facts.js'
import type { Change, Refusal } from '../../edit/write.js'
import { parseLaunch } from '../../link/launch-line.js'
import { readArguments } from '../../link/script-arguments.js'
import { type Configured, type ConfiguredPlace, configuredAt } from '../../text/configured.js'
import { lookUp } from '../../text/records.js'
import { configuredSite } from '../../values/places.js'
import type { ClaimBuilder, ClaimOptions, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { enclosingCommand } from '../enclosing-command.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { isConfigured } from '../write-configured.js'
import { changeSettings } from './changes.js'
import {
  batchByDefault,
  batchOnEach,
  claimMethod,
  devicesNamed,
  edgeByDefault,
  networkNamed,
  optimizerByDefault,
} from './network.js'
import { epochsByDefault, patienceByDefault, trialData, workersByDefault } from './train.js'

export const ultralyticsCommandReader = defineReader({
  name: 'ultralytics-command',
  languages: ['shell'],
  triggers: ['yolo '],
  read(facts, context, claims) {
    for (const command of facts.shell?.commands ?? []) {
      const own = command.unreachable ? null : ownCommand(command, claims)
      if (own !== null && trains(own)) readCommand(own, facts, context, claims)
    }
  },
  change: changeCommand,
})

/** What runs in a container or behind another wrapper: `docker compose run trainer yolo train …`. Null: it is no command of YOLO. */
function ownCommand(command: ShellCommand, claims: ClaimBuilder): ShellCommand | null {
  const at = command.words.findIndex(({ text }) => /(^|\/)yolo$/.test(text ?? ''))
  if (at <= 0) return at < 0 ? null : command
  const launch = parseLaunch(command.words, command.environment, (span) => claims.locate(span))
  return launch?.launcher === 'yolo' ? { ...command, words: command.words.slice(at) } : null
}

function trains({ words }: ShellCommand): boolean {
  if (!/(^|\/)yolo$/.test(words[0]?.text ?? '')) return false
  return words.slice(1).some((word) => word.text === 'train' || word.text === 'mode=train')
}

interface Given {
  /** Undefined: it is not given. Null: what it is cannot be read. */
  text: string | null | undefined
  /** The word `key=value`; the program where it is not given. */
  place: Place
  /** It stands in the file that `cfg=` names. */
  at?: ConfiguredPlace
}

class Arguments {
  private readonly flags
  private readonly complete: boolean

  constructor(
    private readonly command: ShellCommand,
    locate: Parameters<typeof readArguments>[1],
    /** The file with settings that the command names; null: none that is known. */
    private readonly settings: (path: string) => Configured | null,
  ) {
    const read = readArguments(command.words.slice(1), locate)
    this.flags = read.flags
    this.complete = read.complete
  }

  /** The program, where what is left out is shown. */
  get program(): Place {
    const [first] = this.command.words as [ShellWord]
    return { start: first.start, end: first.end, target: { kind: 'command', start: this.command.start } }
  }

  /** True where what cannot be read, or a run that goes on, may bring what is left out. */
  get open(): boolean {
    return !this.complete || this.flags.resume !== undefined
  }

  get(key: string): Given {
    const flag = lookUp(this.flags, key)
    if (flag === undefined) return this.open ? { text: null, place: this.program } : this.leftOut(key)
    const place: Place = { ...flag.span, target: { kind: 'command', start: this.command.start } }
    return { text: typeof flag.value === 'string' ? flag.value : null, place }
  }

  private leftOut(key: string): Given {
    const place = this.program
    const { cfg } = this.flags
    if (cfg === undefined) return { text: undefined, place }
    const file = typeof cfg.value === 'string' ? this.settings(cfg.value) : null
    if (file === null) return { text: null, place }
    const node = configuredAt(file, key)
    if (node === undefined) return { text: undefined, place }
    if (node.kind !== 'scalar') return { text: null, place }
    return { text: String(node.value), place, at: node.at }
  }
}

function readCommand(
  command: ShellCommand,
  facts: FragmentFacts,
  context: ReaderContext,
  claims: ClaimBuilder,
): void {
  const settings = (path: string): Configured | null => {
    claims.namesFile(path, true)
    return lookUp(facts.named, path) ?? null
  }
  const given = new Arguments(command, (span) => claims.locate(span), settings)
  const place = given.program
  const evidence = evidenceOf(given, claims.path.endsWith('.ipynb'))
  const training = claims.subject('Training', place, 'yolo', evidence)
  training.known('managed', 'train', true, place)
  if (evidence.accelerator !== 'gpu') training.known('automaticDevice', 'device', true, place)
  training.known('fullHorizonSchedule', 'lrf', true, place)
  claim(training, 'precision', given.get('amp'), 'amp', 'fp16-mixed', (text) =>
    switchOf(text) === undefined ? undefined : switchOf(text) ? 'fp16-mixed' : 'fp32',
  )
  claim(training, 'validation', given.get('val'), 'val', true, switchOf)
  readLength(given, training, patienceByDefault(context.versions))
  const { text: device } = given.get('device')
  const devices = devicesNamed(device === undefined ? null : (device ?? undefined))
  claim(training, 'batchSize', given.get('batch'), 'batch', batchOnEach(batchByDefault, devices), (text) =>
    batchOnEach(numberOf(text), devices),
  )
  claim(training, 'imageEdge', given.get('imgsz'), 'imgsz', edgeByDefault, numberOf)
  claimMethod(training, place)
  training.default('optimizer', 'optimizer', optimizerByDefault, place)
  claim(training, 'model', given.get('model'), 'model', undefined, networkNamed)
  const pipeline = claims.subject('InputPipeline', place, 'yolo', evidence)
  claim(pipeline, 'workers', given.get('workers'), 'workers', workersByDefault, numberOf)
  pipeline.known('feeds', 'train', 'training', place)
  // An explicit 0 where eight are the default was chosen on purpose, if only a message of an operating system.
  pipeline.unknown('work', 'workers', 'workers were left out on purpose', place)
}

function claim<W extends 'Training' | 'InputPipeline', K extends Parameters<SubjectBuilder<W>['known']>[0]>(
  subject: SubjectBuilder<W>,
  setting: K,
  { text, place, at }: Given,
  key: string,
  otherwise: Parameters<SubjectBuilder<W>['known']>[2] | undefined,
  convert: (text: string) => Parameters<SubjectBuilder<W>['known']>[2] | undefined,
): void {
  const options = optionsOf(place, at)
  if (text === undefined) {
    if (otherwise !== undefined) subject.default(setting, key, otherwise as never, place)
    return
  }
  const value = text === null ? undefined : convert(text)
  if (value === undefined) subject.unknown(setting, key, 'a value that cannot be read', place, options)
  else
    subject.known(setting, setting === 'precision' ? `${key}=${text}` : key, value as never, place, options)
}

function optionsOf(place: Place, at: ConfiguredPlace | undefined): ClaimOptions {
  if (at === undefined) return { channel: 'launch flag' }
  return { channel: 'named file', location: at.location, site: configuredSite(place, at) }
}

function readLength(given: Arguments, training: SubjectBuilder<'Training'>, otherwise: number): void {
  const place = given.program
  const epochs = given.get('epochs')
  const total = epochs.text === undefined ? epochsByDefault : numberOf(epochs.text ?? '')
  if (given.get('time').text !== undefined || total === undefined || total <= 0) {
    training.unknown('epochs', 'epochs', 'how long it trains cannot be read', place)
    return
  }
  claim(training, 'epochs', epochs, 'epochs', epochsByDefault, numberOf)
  const patience = given.get('patience')
  const waits = patience.text === undefined ? otherwise : numberOf(patience.text ?? '')
  if (waits === undefined) training.unknown('earlyStopping', 'patience', 'a value that cannot be read', place)
  else if (patience.text === undefined)
    training.default('earlyStopping', 'patience', total > waits, patience.place)
  else {
    const options = optionsOf(patience.place, patience.at)
    // Zero switches it off.
    training.known('earlyStopping', `patience=${patience.text}`, waits !== 0, patience.place, options)
    if (waits > 0) training.known('patience', 'patience', waits, patience.place, options)
  }
}

function switchOf(text: string): boolean | undefined {
  return /^(true|1)$/i.test(text) ? true : /^(false|0)$/i.test(text) ? false : undefined
}

function numberOf(text: string): number | undefined {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined
}

function evidenceOf(given: Arguments, notebook: boolean): Evidence {
  const device = given.get('device').text
  const data = given.get('data').text ?? ''
  const accelerator =
    device === undefined || device === null || device === ''
      ? 'maybe'
      : /^cpu$/i.test(device)
        ? 'cpu'
        : /^mps$/i.test(device)
          ? 'mps'
          : 'gpu'
  return {
    role: 'training',
    accelerator,
    small: trialData.test(data) ? data : null,
    notebook,
    published: true,
  }
}

function changeCommand(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (isConfigured(claim, facts)) return changeSettings(claim, value, facts)
  const command = enclosingCommand(claim, facts)
  if (command === undefined) return { reason: 'the command has changed' }
  const { fragment, start, end } = claim.site
  const written = command.words.find((word) => word.start === start)
  const set = (key: string, text: string, title: string): Change => {
    const last = command.words.at(-1)!
    const given = written?.raw.startsWith(`${key}=`) === true
    // One setting a line.
    const indent = /\\\r?\n([ \t]*)\S[^\n]*$/.exec(facts.fragment.text.slice(command.start, last.end))?.[1]
    const gap = indent === undefined ? ' ' : ` \\\n${indent}`
    return {
      title,
      safety: 'unsafe',
      writes: [
        {
          kind: 'replace text',
          path: facts.path,
          fragment,
          start: given ? start : last.end,
          end: given ? end : last.end,
          text: given ? `${key}=${text}` : `${gap}${key}=${text}`,
        },
      ],
      imports: [],
    }
  }
  switch (claim.setting) {
    case 'precision':
      return set('amp', 'True', 'Train in mixed precision (amp=True)')
    case 'workers':
      return set(
        'workers',
        String(value ?? workersByDefault),
        `Load with ${value ?? workersByDefault} worker processes`,
      )
    case 'earlyStopping': {
      // The learning rate falls over all epochs: gains come late.
      const patience = Math.ceil(((value as { patience?: number }).patience ?? 10) * 2.5)
      return set('patience', String(patience), `End the run after ${patience} epochs without improvement`)
    }
    case 'patience': {
      const patience = Math.ceil(Number(value) * 2.5)
      return set('patience', String(patience), `End the run after ${patience} epochs without improvement`)
    }
    default:
      return byHand(claim)
  }
}
