/** Claims about a framework config whose values may stand in the file itself, in one that it inherits from, or on the launch line. */
import type { ChangeTarget } from '../../text/change-target.js'
import { type Configured, plainConfigured } from '../../text/configured.js'
import type { Json } from '../../text/json.js'
import type { Origin } from '../../text/origin.js'
import { lookUp } from '../../text/records.js'
import { absent, orDefault, stated, unreadable } from '../../values/operations.js'
import type { Given } from '../../values/value.js'
import type { ClaimOptions, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Launch } from '../../workload/claim.js'
import type { ResourceKind, ResourceKinds, SettingName } from '../../workload/resource-kinds.js'

/** Steps up to which an evaluation of a detector, which takes minutes, or a save comes often. */
export const often = 200

/** Where a value of a framework config is shown, and what a change edits. */
export interface FrameworkConfigPlace {
  place: Place
  options: ClaimOptions
}

/** Twenty times in all are few enough. */
export const rarely = (steps: number): ChangeTarget => ({ kind: 'interval', steps: Math.ceil(steps / 20) })

/** `instead`: a place in the framework config itself, for what stands elsewhere or nowhere. */
export function frameworkConfigPlace(
  node: Configured | undefined,
  path: string,
  instead: Place,
  target?: ChangeTarget,
): FrameworkConfigPlace {
  const meant = target === undefined ? {} : { target }
  if (node === undefined) return { place: { ...instead, ...meant }, options: {} }
  const { location, document, keys } = node.at
  const site: Place = { start: location.start, end: location.end, ...meant }
  if (keys === null) return { place: instead, options: { channel: 'launch flag', location, site } }
  if (keys.length > 0) Object.assign(site, { document, keys })
  if (location.path === path) return { place: site, options: {} }
  return { place: instead, options: { location, site } }
}

export class InheritedClaims<W extends ResourceKind> {
  constructor(
    private readonly subject: SubjectBuilder<W>,
    private readonly path: string,
    private readonly instead: Place,
    /** A launch that is not known may bring something else. */
    private readonly overridable: boolean,
  ) {}

  private origin(node: Configured | undefined, meant: boolean): Origin {
    const { place, options } = frameworkConfigPlace(node, this.path, this.instead)
    const given = meant || options.channel !== undefined
    const overridable = this.overridable && !given
    return this.subject.locator.origin(place, { channel: 'named file', overridable, ...options })
  }

  /**
   * What stands there; where nothing does, `carrier` would carry it. `meant`: it is written to be used as it is, and no
   * launch is expected to replace it.
   */
  value(node: Configured | undefined, carrier?: Configured, meant = false): Given<Json> {
    if (node === undefined) return absent({ ...this.origin(carrier, false), channel: 'library default' })
    const value = plainConfigured(node)
    const because = node.kind === 'unknown' ? node.because : 'a value that cannot be read'
    const origin = this.origin(node, meant)
    return value === undefined ? unreadable(origin, because) : stated(origin, value)
  }

  say<K extends SettingName<W>>(setting: K, key: string, value: Given<ResourceKinds[W][K]>): void {
    this.subject.say(setting, key, value)
  }

  known<K extends SettingName<W>>(
    setting: K,
    key: string,
    value: ResourceKinds[W][K],
    node: Configured,
    meant = false,
  ): void {
    this.say(setting, key, stated(this.origin(node, meant), value))
  }

  /** Left out; `node` is what would carry it. */
  default<K extends SettingName<W>>(
    setting: K,
    key: string,
    value: ResourceKinds[W][K],
    node?: Configured,
  ): void {
    this.say(setting, key, orDefault(absent(this.origin(node, false)), value))
  }

  unknown<K extends SettingName<W>>(setting: K, key: string, because: string): void {
    this.subject.unknown(setting, key, because, this.instead, { channel: 'named file' })
  }
}

const trains = /(^|[/_.-])(pre)?train|fine_?tun|(^|[/_.-])(main|run|launch|learn|fit)/i
const other =
  /(^|[/_.-])(test|eval\w*|valid\w*|infer\w*|demo|predict\w*|export\w*|convert\w*|visuali\w*|vis|analy\w*|browse\w*|print\w*|bench\w*|deploy\w*|extract\w*|serve\w*|check\w*)([/_.-]|$)/i

/** True for a launch whose program is called like one that trains: the same file is given to those that evaluate. */
export function startsTraining(launch: Launch): boolean {
  return trains.test(programOf(launch)) && !startsOther(launch)
}

function programOf({ program }: Launch): string {
  return (program.path ?? program.module ?? '').split('/').at(-1) ?? ''
}

/** True for a launch that evaluates, exports or looks at what was trained. */
export function startsOther(launch: Launch): boolean {
  const { flags } = launch
  if (
    ['eval-only', 'eval_only', 'evaluate', 'eval', 'test-only', 'test'].some(
      (flag) => lookUp(flags, flag) !== undefined,
    )
  )
    return true
  return other.test(programOf(launch))
}
