/** How readers write down their claims: short calls that fill in what every claim has. */
import type { LaidTexts } from '../config/laid-texts.js'
import type { Location, Span } from '../text/location.js'
import type { TextName } from '../text/named-text.js'
import type { Origin, Place, Site } from '../text/origin.js'
import { locate, type SourceFragment } from '../text/source-fragment.js'
import type { Locator, OriginOptions } from '../values/source.js'
import type { Given, Value } from '../values/value.js'
import { countable, withinBounds } from './bounds.js'
import type {
  Evidence,
  Extraction,
  ImageBuild,
  ImageProgram,
  Launch,
  NamedVariables,
  StartedByFile,
  Subject,
} from './claim.js'
import type { ResourceKind, ResourceKinds, SettingName } from './resource-kinds.js'
import type { Unseen } from './unseen.js'

export type { Place } from '../text/origin.js'

export interface ClaimOptions extends OriginOptions {
  state?: 'known' | 'default'
}

/** What is laid over a file. */
export interface Layout {
  /** The file that lays it: a kustomization, the values of a chart. */
  path: string
  texts: LaidTexts
  /** Files of the texts behind the first. */
  origins: readonly string[]
}

/** Writes the settings of one subject. */
export class SubjectBuilder<W extends ResourceKind> {
  constructor(
    private readonly owner: ClaimBuilder,
    readonly subject: Subject<W>,
  ) {}

  get locator(): Locator {
    return this.owner
  }

  /** The setting has this value, wherever that comes from; one that is not given says nothing. */
  say<K extends SettingName<W>>(setting: K, key: string, value: Given<ResourceKinds[W][K]>): this {
    if (value.state !== 'absent') this.owner.add(this.subject, setting, key, withinBounds(setting, value))
    return this
  }

  /** The setting has this value, written at `place`. */
  known<K extends SettingName<W>>(
    setting: K,
    key: string,
    value: ResourceKinds[W][K],
    place: Place,
    options: ClaimOptions = {},
  ): this {
    const origin = this.owner.origin(place, options)
    return this.say(setting, key, { ...origin, state: options.state ?? 'known', value })
  }

  /** Not given: `value` is what the library does by itself. `place` is the call or node that would carry it. */
  default<K extends SettingName<W>>(
    setting: K,
    key: string,
    value: ResourceKinds[W][K],
    place: Place,
    options: ClaimOptions = {},
  ): this {
    const origin = this.owner.origin(place, { channel: 'library default', ...options })
    return this.say(setting, key, { ...origin, state: 'default', value })
  }

  /** Given, but to something that cannot be read. */
  unknown<K extends SettingName<W>>(
    setting: K,
    key: string,
    because: string,
    place: Place,
    options: ClaimOptions = {},
  ): this {
    return this.say(setting, key, { ...this.owner.origin(place, options), state: 'unknown', because })
  }
}

export class ClaimBuilder implements Locator {
  readonly extraction: Extraction = { subjects: [], claims: [], launches: [] }

  constructor(
    readonly path: string,
    readonly fragment: SourceFragment,
    readonly reader: string,
  ) {}

  /** Null: the file stands for itself. */
  layout: Layout | null = null

  locate(place: Span): Location {
    const laid = this.laidBy(place)
    if (laid === null) return locate(this.path, this.fragment, place)
    return { path: laid.path, cell: null, start: laid.start, end: laid.end }
  }

  /** Where it stands in a file that is laid over this one; null: it stands in this one. */
  private laidBy(place: Span): (Span & { path: string }) | null {
    if (this.layout === null) return null
    const { text, start, end } = this.layout.texts.spanAt(place)
    const path = text === 0 ? undefined : this.layout.origins[text - 1]
    return path === undefined ? null : { path, start, end }
  }

  site(place: Place): Site {
    const site: Site = { fragment: this.fragment.index, start: place.start, end: place.end }
    if (place.document !== undefined) site.document = place.document
    if (place.keys !== undefined) site.keys = place.keys
    if (place.target !== undefined) site.target = place.target
    return site
  }

  /** A new subject, owned by this reader. `apart` keeps two subjects of one place and word apart. */
  subject<W extends ResourceKind>(
    kind: W,
    place: Place,
    scope: string,
    evidence: Evidence,
    job: string | null = null,
    apart = '',
  ): SubjectBuilder<W> {
    const location = this.locate(place)
    const id = `${this.path}#${kind}@${location.cell ?? ''}:${location.start}${apart}`
    const subject: Subject<W> = {
      id,
      kind,
      reader: this.reader,
      location,
      site: this.site(place),
      scope,
      evidence,
      job,
    }
    this.extraction.subjects.push(subject)
    return new SubjectBuilder(this, subject)
  }

  /** Adds settings to a subject that another reader owns (same file), by its id or for every one of that word. */
  extend<W extends ResourceKind>(kind: W, id: string | null = null): SubjectBuilder<W> {
    const subject = { id: id ?? `${this.path}#${kind}@*`, kind } as unknown as Subject<W>
    return new SubjectBuilder(this, subject)
  }

  /** `at`: the place, or the value that names the program. */
  launch(launch: Omit<Launch, 'reader' | 'location'>, at: Span | Pick<Origin, 'location'>): void {
    const location = 'location' in at ? at.location : this.locate(at)
    this.extraction.launches.push({ ...countable(launch), reader: this.reader, location })
  }

  /** As `launch`, for one that stands where a value stands. */
  launchOf(launch: Omit<Launch, 'reader' | 'location'>, { location }: Origin): void {
    this.extraction.launches.push({ ...countable(launch), reader: this.reader, location })
  }

  /** The launch without claiming it. */
  asLaunch(launch: Omit<Launch, 'reader' | 'location'>, place: Span): Launch {
    return { ...countable(launch), reader: this.reader, location: this.locate(place) }
  }

  /** What an image starts by itself, where the launches that say it stand in this file. */
  imageProgram(program: ImageProgram): void {
    this.extraction.imagePrograms = [...(this.extraction.imagePrograms ?? []), program]
  }

  imageBuild(build: Omit<ImageBuild, 'location'>, place: Span): void {
    this.extraction.imageBuilds = [
      ...(this.extraction.imageBuilds ?? []),
      { ...build, location: this.locate(place) },
    ]
  }

  /** The file is what a program of this framework trains by. */
  frameworkConfig(framework: string, inherits: boolean): void {
    this.extraction.frameworkConfig = { framework, inherits }
  }

  /** The file tells this launcher how many processes it starts. */
  starts(started: StartedByFile): void {
    this.extraction.starts = started
  }

  /** The file holds variables for programs that name them. */
  variables(named: NamedVariables): void {
    this.extraction.variables = [...(this.extraction.variables ?? []), named]
  }

  /** The file names another one that holds a part of what it says. */
  namesFile(path: string, above = false): void {
    this.extraction.names = [...(this.extraction.names ?? []), { path, above }]
  }

  /** The file names a script that is to be read with it. */
  namesText(name: TextName): void {
    this.extraction.texts = [...(this.extraction.texts ?? []), name]
  }

  /** Something that the file uses and that is not in the project. */
  unseen(unseen: Unseen): void {
    this.extraction.unseen = [...(this.extraction.unseen ?? []), unseen]
  }

  /** Where a value stands that is written, or would be, at `place`. */
  origin(place: Place, options: OriginOptions = {}): Origin {
    const location = options.location ?? this.locate(place)
    // What a patch says stands in the patch; its reader changes the whole (see extraction/written-places.ts).
    const elsewhere = this.laidBy(place) !== null
    const site = this.site(options.site ?? place)
    return {
      channel: options.channel ?? 'code',
      overridable: options.overridable ?? false,
      ...(options.option === undefined ? {} : { option: options.option }),
      location,
      site: elsewhere ? { ...site, path: this.path } : site,
    }
  }

  /** @internal */
  add(subject: { id: string }, setting: string, key: string, value: Value<unknown>): void {
    this.extraction.claims.push({ subject: subject.id, setting, reader: this.reader, key, ...value })
  }
}
