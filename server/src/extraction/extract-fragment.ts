/** The facts of one fragment, read into claims by every reader that has a word in it. */
import { wordsOf } from '../config/overlay.js'
import { Analysis } from '../python/analysis.js'
import type { Call, PythonModule } from '../python/module.js'
import { uncalledBecause } from '../python/uncalled.js'
import type { FragmentFacts, Reader, ReaderContext } from '../readers/reader.js'
import { lookUp } from '../text/records.js'
import type { SourceFragment } from '../text/source-fragment.js'
import { ClaimBuilder } from '../workload/builder.js'
import type { Extraction } from '../workload/claim.js'
import { type Helper, helpersWithCallers, ofCaller, without } from './callers.js'
import { describeLaunches } from './described-launches.js'
import { layoutOf, patchesOf } from './laid-over.js'
import type { readerChoice } from './reader-choice.js'
import { markReasoned, reasonsIn } from './reasons.js'
import { sharesAnything } from './shared.js'
import type { ShellTexts } from './shell-texts.js'
import { stepsReached } from './steps-elsewhere.js'
import type { Surroundings } from './surroundings.js'
import { markTriedOut } from './tried-out.js'

/** Whether what a reader says of a fragment may be joined with other files. */
export function shares({ shares }: Reader, { text }: SourceFragment): boolean {
  return typeof shares === 'function' ? shares(text) : shares === true
}

/** Whether what a reader says may lead to other files. */
export function leads(reader: Reader): boolean {
  return reader.leads !== undefined
}

export class FragmentExtractor {
  constructor(
    private readonly readers: readonly Reader[],
    private readonly choice: ReturnType<typeof readerChoice>,
    private readonly shell: ShellTexts,
  ) {}

  /** A function that describes a job is read once for each of its calls. */
  private readForCallers(
    reader: Reader,
    facts: FragmentFacts & { python: Analysis },
    context: ReaderContext,
    extraction: Extraction,
  ): void {
    const { python, fragment } = facts
    for (const helper of helpersWithCallers(python, extraction)) {
      const each = helper.callers.map((caller) => {
        const builder = new ClaimBuilder(facts.path, fragment, reader.name)
        reader.read({ ...facts, python: this.asCalled(python, helper, caller) }, context, builder)
        return ofCaller(builder.extraction, fragment, helper, caller)
      })
      without(extraction, fragment, helper)
      for (const { subjects, claims, launches } of each) {
        extraction.subjects.push(...subjects)
        extraction.claims.push(...claims)
        extraction.launches.push(...launches)
      }
    }
  }

  /** Several readers may ask for the same. */
  private readonly called = new WeakMap<Analysis, Map<number, Analysis>>()

  private asCalled(python: Analysis, { func }: Helper, caller: Call): Analysis {
    const known = this.called.get(python) ?? new Map<number, Analysis>()
    this.called.set(python, known)
    const made = known.get(caller.expr.start) ?? python.forCaller(func, caller)
    known.set(caller.expr.start, made)
    return made
  }

  extract(
    facts: FragmentFacts,
    surroundings: Surroundings,
    into: Extraction,
    faults: string[],
    isAsked: (reader: Reader) => boolean = () => true,
  ): void {
    const inner = this.shell.within(facts.path, surroundings.texts)
    const context: ReaderContext = {
      binding:
        facts.fragment.index === 0 || facts.fragment.target !== undefined ? surroundings.binding : null,
      versions: facts.versions ?? surroundings.versions,
      documents: facts.config?.documents ?? [],
      shell: (text) => inner.facts(text),
      textOf: (path) => lookUp(surroundings.texts ?? {}, path),
    }
    const { overlay } = surroundings
    const isLaidOut = overlay !== undefined && facts.fragment.index === 0
    const layout = isLaidOut ? layoutOf(facts.fragment.text, overlay) : null
    const texts = textsBeside(facts, surroundings, context)
    const reasons = reasonsIn(commentsOf(facts))
    for (const reader of this.choice.of(facts.fragment, texts)) {
      if (!isAsked(reader)) continue
      const builder = new ClaimBuilder(facts.path, facts.fragment, reader.name)
      builder.layout = layout
      try {
        reader.read(facts, context, builder)
      } catch (error) {
        // One reader's bug must not take the others' findings along.
        faults.push(
          `reader ${reader.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        )
        continue
      }
      if (facts.python instanceof Analysis && leads(reader))
        this.readForCallers(reader, { ...facts, python: facts.python }, context, builder.extraction)
      // Most readers have nothing to say.
      if (isEmpty(builder.extraction)) continue
      if (facts.fragment.index === 0 && facts.python !== undefined && !leads(reader)) {
        const { launches, names, frameworkConfig } = builder.extraction
        if (launches.length > 0 || names !== undefined || frameworkConfig !== undefined)
          faults.push(`reader ${reader.name}: leads to other files, but is not marked so`)
        else if (!shares(reader, facts.fragment) && sharesAnything(builder.extraction))
          faults.push(`reader ${reader.name}: is joined with other files, but is not marked so`)
      }
      if (facts.python !== undefined) {
        markUncalled(facts.python, builder.extraction)
        markTriedOut(facts.python, facts.fragment, builder.extraction)
      }
      if (reasons.length > 0 && layout === null) markReasoned(builder.extraction.claims, builder, reasons)
      add(builder.extraction, into, facts.fragment.index === 0)
      describeLaunches(this.readers, facts, builder.extraction.launches, into)
    }
    const own = facts.fragment.language === 'shell' ? facts.shell?.sources : undefined
    const sources = [...(own ?? []), ...inner.sources()]
    if (sources.length > 0) into.texts = [...(into.texts ?? []), ...sources]
  }
}

function isEmpty(extraction: Extraction): boolean {
  const { subjects, claims, launches } = extraction
  if (subjects.length > 0 || claims.length > 0 || launches.length > 0) return false
  for (const key in extraction) if (key !== 'subjects' && key !== 'claims' && key !== 'launches') return false
  return true
}

function commentsOf({ python, config, shell }: FragmentFacts) {
  return python?.tree.comments ?? config?.comments ?? shell?.comments ?? []
}

/** Subjects in functions that nothing calls. */
function markUncalled(python: PythonModule, { subjects }: Extraction): void {
  for (const subject of subjects) {
    const uncalled = uncalledBecause(python, subject.scope)
    if (uncalled !== null) subject.evidence = { ...subject.evidence, uncalled }
  }
}

/** Texts beside that of the fragment in which the words of readers may stand. */
function textsBeside(
  facts: FragmentFacts,
  { overlay, binding }: Surroundings,
  context: ReaderContext,
): string[] {
  // A configuration names what is made: `_target_: torch.utils.data.DataLoader`.
  const instantiations = facts.python instanceof Analysis ? [...facts.python.instantiations.keys()] : []
  const made = instantiations.map((call) => call.name ?? '')
  if (facts.python instanceof Analysis) made.push(...facts.python.behindImports())
  if (facts.python !== undefined) made.push(stepsReached(facts.python))
  // A program is what it starts: `main.py` may leave all of the training to the module that it calls.
  if (context.binding !== null && facts.python !== undefined)
    made.push(
      [...new Set(facts.python.imported.flatMap(({ imports, brings = [] }) => [...imports, ...brings]))].join(
        ' ',
      ),
    )
  const patches = overlay === undefined ? '' : wordsOf(patchesOf(overlay))
  const metadata = facts.metadata === undefined ? '' : JSON.stringify(facts.metadata)
  // A script that a job calls may start a command of the project, whose name no reader knows.
  const called = binding?.launch.shell === undefined ? '' : 'python'
  return [patches, metadata, called, ...made]
}

/** What one reader says, beside what others said. `isFirst`: the fragment is the first of its file. */
function add(said: Extraction, into: Extraction, isFirst: boolean): void {
  into.subjects.push(...said.subjects)
  into.claims.push(...said.claims)
  into.launches.push(...said.launches)
  const { compiledFrom, pipelines, starts, frameworkConfig } = said
  if (starts !== undefined) into.starts = starts
  if (compiledFrom !== undefined) into.compiledFrom = compiledFrom
  if (pipelines !== undefined) into.pipelines = pipelines
  if (frameworkConfig !== undefined && isFirst) into.frameworkConfig = frameworkConfig
  append(said, into, 'imagePrograms')
  append(said, into, 'imageBuilds')
  append(said, into, 'texts')
  append(said, into, 'names')
  append(said, into, 'variables')
  append(said, into, 'unseen')
}

function append<K extends 'imagePrograms' | 'imageBuilds' | 'texts' | 'names' | 'variables' | 'unseen'>(
  said: Pick<Extraction, K>,
  into: { [key in K]?: unknown[] },
  key: K,
): void {
  const more = said[key]
  if (more !== undefined) into[key] = [...(into[key] ?? []), ...more]
}
