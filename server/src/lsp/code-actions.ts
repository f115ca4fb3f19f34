/** Quick fixes, fixes of a whole file or rule, and what switches a rule off. Edits are made when asked for. */
import {
  type CodeAction,
  CodeActionKind,
  type CodeActionParams,
  CodeActionTriggerKind,
  type Diagnostic,
  type Range,
  type TextDocumentEdit,
  type WorkspaceEdit,
} from 'vscode-languageserver'
import { TextDocument } from 'vscode-languageserver-textdocument'
import type { TextEdit } from '../edit/write.js'
import type { Finding, Fix } from '../finding.js'
import type { OfferedFix } from '../linter.js'
import { addToBaseline, baselineOf } from './add-to-baseline.js'
import type { ClientFeatures } from './client-features.js'
import { diagnosticOf } from './diagnostics.js'
import { configurationHome, disableInConfiguration } from './disable-rule.js'
import { editsOf, stale, workspaceEdit } from './fix-edits.js'
import { fixTitle } from './fix-titles.js'
import type { Say } from './say.js'
import type { Outcome, Session } from './session.js'
import { commentSign, type Insertion, suppressFile, suppressLine } from './suppress.js'

export const fixAllKind = `${CodeActionKind.SourceFixAll}.costlint`
export const notebookFixAllKind = `notebook.${fixAllKind}`
/** Shows what a fix would do where it must not be applied as it is. */
export const sketchCommand = 'costlint.sketch'
/** The same in our own extension, beside the code. */
const openSketchCommand = 'costlint.openSketch'
const explainLineCommand = 'costlint.explainLine'

const deeds = [
  'fix',
  'fix rule',
  'fix rule everywhere',
  'suppress line',
  'suppress file',
  'disable rule',
  'add to baseline',
  'fix all',
  'fix notebook',
] as const

/** What an action carries from being listed to being applied. */
export interface ActionData {
  do: (typeof deeds)[number]
  uri: string
  version: number
  fingerprint?: string
  index?: number
  rule?: string
}

/** A document that actions are asked for, as it was judged. */
export interface Target {
  session: Session
  path: string
  outcome: Outcome
  /** The file or the cell. */
  text: TextDocument
}

function before(a: Range['start'], b: Range['start']): boolean {
  return a.line < b.line || (a.line === b.line && a.character < b.character)
}

function touches(a: Range, b: Range): boolean {
  return !before(a.end, b.start) && !before(b.end, a.start)
}

/** True where the client did not narrow down the kinds, or asked for this one. */
function asked(only: string[] | undefined, kind: string): boolean {
  return only === undefined || only.some((one) => one === kind || kind.startsWith(`${one}.`) || one === '')
}

interface Found {
  finding: Finding
  diagnostic: Diagnostic
}

export async function listActions(
  target: Target,
  params: CodeActionParams,
  features: ClientFeatures,
): Promise<CodeAction[]> {
  const { only, triggerKind } = params.context
  const actions: CodeAction[] = []
  const { uri, version } = target.text
  if (asked(only, CodeActionKind.QuickFix)) {
    const here = await findingsAt(target, params.range, features)
    for (const found of here) {
      const fixes = await target.session.fixes(found.finding)
      actions.push(...fixActions(target, found, fixes, features))
      actions.push(...(await ruleActions(target, found, fixes, features)))
      actions.push(...(await disableActions(target, found, features)))
      actions.push(explainAction(found, features))
    }
    if (here.length === 0 && triggerKind === CodeActionTriggerKind.Invoked && features.commandLinks)
      actions.push(whyAction(features))
  }
  const isCell = target.outcome.snapshots.get(target.path)?.cells !== undefined
  const whole = isCell && only?.some((kind) => kind.startsWith('notebook')) === true
  const kind = whole ? notebookFixAllKind : fixAllKind
  if (asked(only, kind) && (await safeEdits(target, !whole)).length > 0) {
    const data: ActionData = { do: whole ? 'fix notebook' : 'fix all', uri, version }
    actions.push({ title: features.say('Apply all safe fixes of CostLint'), kind, data })
  }
  if (features.resolveEdit) return actions
  for (const action of actions)
    if (action.data !== undefined) action.edit = await editOf(action.data, target, features)
  return actions
}

async function findingsAt(target: Target, range: Range, features: ClientFeatures): Promise<Found[]> {
  const found: Found[] = []
  for (const finding of target.outcome.findings.get(target.path) ?? []) {
    const place = await target.session.place(finding.location, target.outcome)
    if (place === undefined || place.uri !== target.text.uri || !touches(place.range, range)) continue
    const made = await diagnosticOf(target.session, finding, target.outcome, features)
    if (made !== undefined) found.push({ finding, diagnostic: made.diagnostic })
  }
  return found
}

/** Why a fix cannot be carried out in this editor; undefined: it can. */
function refusal(session: Session, fix: OfferedFix, say: Say): string | undefined {
  if ('refused' in fix) return fix.refused
  const closed = fix.edits.find(
    (edit) => edit.location.cell !== null && session.isClosedNotebook(edit.location.path),
  )
  return closed && say('Open {0} as a notebook first.', closed.location.path)
}

function fixActions(
  target: Target,
  { finding, diagnostic }: Found,
  fixes: readonly OfferedFix[],
  features: ClientFeatures,
): CodeAction[] {
  const actions: CodeAction[] = []
  const { uri, version } = target.text
  const kind = CodeActionKind.QuickFix
  const diagnostics = [diagnostic]
  let preferred = false
  for (const [index, fix] of fixes.entries()) {
    const reason = refusal(target.session, fix, features.say)
    if (reason !== undefined || 'refused' in fix) {
      actions.push(...refusedAction(finding, diagnostic, fixTitle(fix, features.say), reason ?? '', features))
      continue
    }
    if (fix.edits.length === 0) continue
    const data: ActionData = { do: 'fix', uri, version, fingerprint: finding.fingerprint, index }
    const title = fixTitle(fix, features.say)
    if (fix.safety === 'display' && !features.changeAnnotations) {
      const command = features.commandLinks ? openSketchCommand : sketchCommand
      actions.push({ title, kind, diagnostics, command: { title, command, arguments: [data] } })
      continue
    }
    if (fix.safety === 'display' && features.commandLinks) {
      const command = { title, command: openSketchCommand, arguments: [data] }
      actions.push({ title, kind, diagnostics, command })
      continue
    }
    const action: CodeAction = { title, kind, diagnostics, data }
    // A sketch must not be what "auto fix" applies.
    if (!preferred && fix.safety !== 'display') {
      preferred = true
      if (features.preferredActions) action.isPreferred = true
    }
    actions.push(action)
  }
  return actions
}

/** Our own extension shows the reason in the menu; others may grey the action out. */
function refusedAction(
  { rule }: Finding,
  diagnostic: Diagnostic,
  title: string,
  reason: string,
  { commandLinks, disabledActions, explainCommand, say }: ClientFeatures,
): CodeAction[] {
  const kind = CodeActionKind.QuickFix
  const diagnostics = [diagnostic]
  if (commandLinks) {
    const told = say('No fix “{0}”: {1}', title, reason)
    return [
      { title: told, kind, diagnostics, command: { title, command: explainCommand, arguments: [rule] } },
    ]
  }
  return disabledActions ? [{ title, kind, diagnostics, disabled: { reason } }] : []
}

function explainAction({ finding: { rule }, diagnostic }: Found, features: ClientFeatures): CodeAction {
  const title = features.say('Explain {0}', rule)
  return {
    title,
    kind: CodeActionKind.QuickFix,
    diagnostics: [diagnostic],
    command: { title, command: features.explainCommand, arguments: [rule] },
  }
}

function whyAction({ say }: ClientFeatures): CodeAction {
  const title = say('Why does CostLint say nothing here?')
  return { title, kind: CodeActionKind.QuickFix, command: { title, command: explainLineCommand } }
}

/** A fix that can be applied, and is no sketch. */
function isCarriedOut(fix: OfferedFix | undefined): fix is Fix {
  return fix !== undefined && !('refused' in fix) && fix.safety !== 'display' && fix.edits.length > 0
}

/** The same fix wherever the rule speaks: in the file at once, in the workspace after a look at each edit. */
async function ruleActions(
  target: Target,
  { finding: { rule, fingerprint }, diagnostic }: Found,
  fixes: readonly OfferedFix[],
  features: ClientFeatures,
): Promise<CodeAction[]> {
  if (!isCarriedOut(fixes[0])) return []
  const { uri, version } = target.text
  const make = (title: string, action: ActionData['do']): CodeAction => ({
    title,
    kind: CodeActionKind.QuickFix,
    diagnostics: [diagnostic],
    data: { do: action, uri, version, fingerprint, rule } satisfies ActionData,
  })
  const here = (target.outcome.findings.get(target.path) ?? []).filter((one) => one.rule === rule).length
  const isNotebook = target.outcome.snapshots.get(target.path)?.cells !== undefined
  const { say } = features
  const all = isNotebook
    ? say('Fix all {0} in this notebook ({1} findings)', rule, here)
    : say('Fix all {0} in this file ({1} findings)', rule, here)
  return [
    ...(here > 1 ? [make(all, 'fix rule')] : []),
    ...(features.changeAnnotations && features.resolveEdit && target.session.folder !== null
      ? [make(say('Fix all {0} in the workspace, after a preview', rule), 'fix rule everywhere')]
      : []),
  ]
}

async function disableActions(
  target: Target,
  { finding: { rule, fingerprint }, diagnostic }: Found,
  features: ClientFeatures,
): Promise<CodeAction[]> {
  const { uri, version } = target.text
  const { say } = features
  const make = (title: string, action: ActionData['do']): CodeAction => ({
    title,
    kind: CodeActionKind.QuickFix,
    diagnostics: [diagnostic],
    data: { do: action, uri, version, fingerprint, rule } satisfies ActionData,
  })
  const snapshot = target.outcome.snapshots.get(target.path)
  const hasComments = commentSign(target.path) !== undefined && snapshot?.notebook !== true
  const file =
    snapshot?.cells === undefined
      ? say('Disable {0} for this file', rule)
      : say('Disable {0} for this notebook', rule)
  const home = features.documentChanges
    ? await configurationHome(target.session, target.outcome, features)
    : undefined
  return [
    ...(hasComments
      ? [make(say('Disable {0} for this line', rule), 'suppress line'), make(file, 'suppress file')]
      : []),
    ...(home === undefined
      ? []
      : [
          make(say('Disable {0} in {1}', rule, home.path), 'disable rule'),
          make(say('Add to the baseline {0}', baselineOf(target.session)), 'add to baseline'),
        ]),
  ]
}

/** What a client sends back may be anything. */
export function isActionData(data: unknown): data is ActionData {
  const { uri, version, do: deed } = (data ?? {}) as Partial<ActionData>
  return typeof uri === 'string' && typeof version === 'number' && deed !== undefined && deeds.includes(deed)
}

/** The edit of a listed action; rejects when the document has changed since. */
export async function editOf(
  data: ActionData,
  target: Target,
  features: ClientFeatures,
): Promise<WorkspaceEdit> {
  if (target.text.version !== data.version) throw stale()
  const { session, outcome } = target
  if (data.do === 'fix all' || data.do === 'fix notebook') {
    return workspaceEdit(session, outcome, await safeEdits(target, data.do === 'fix all'), features)
  }
  const finding = outcome.findings.get(target.path)?.find((one) => one.fingerprint === data.fingerprint)
  if (finding === undefined) throw stale()
  const { rule } = finding
  switch (data.do) {
    case 'fix': {
      const fix = (await session.fixes(finding))[data.index ?? 0]
      if (fix === undefined || 'refused' in fix) throw stale()
      const label = fixTitle(fix, features.say)
      const preview = { label, description: features.say('A sketch: adapt it before you apply it.') }
      return workspaceEdit(session, outcome, fix.edits, features, fix.safety === 'display' ? { preview } : {})
    }
    case 'fix rule': {
      const own = (outcome.findings.get(target.path) ?? []).filter((one) => one.rule === rule)
      const edits = await editsOf(
        session,
        own,
        (fix) => isCarriedOut(fix) && isOpenable(session, fix, features.say),
      )
      return workspaceEdit(session, outcome, edits, features)
    }
    case 'fix rule everywhere':
      return fixEverywhere(rule, target, features)
    case 'disable rule':
      return disableInConfiguration(session, outcome, rule, features)
    case 'add to baseline':
      return addToBaseline(session, outcome, finding, features)
    case 'suppress line': {
      const insertion = suppressLine(target.text.getText(), finding.location.start, rule)
      return workspaceEdit(
        session,
        outcome,
        [insert(target.path, insertion, finding.location.cell)],
        features,
      )
    }
    case 'suppress file':
      return workspaceEdit(session, outcome, [suppressInFile(target, rule)], features)
  }
}

/** An edit of a notebook that is not open would have to write its JSON. */
function isOpenable(session: Session, fix: Fix, say: Say): boolean {
  return refusal(session, fix, say) === undefined
}

async function fixEverywhere(
  rule: string,
  { session, outcome }: Target,
  features: ClientFeatures,
): Promise<WorkspaceEdit> {
  const reported = await session.reported()
  if (reported === undefined) throw stale()
  const own = reported.source.findings.filter((one) => one.rule === rule)
  const edits = await editsOf(
    session,
    own,
    (fix) => isCarriedOut(fix) && isOpenable(session, fix, features.say),
  )
  const label = features.say('Fix all {0}', rule)
  const preview = { label, description: features.say('May change results or cost: look at each edit.') }
  return workspaceEdit(session, outcome, edits, features, { preview })
}

function insert(path: string, { offset, newText }: Insertion, cell: number | null): TextEdit {
  return { location: { path, cell, start: offset, end: offset }, newText }
}

function suppressInFile(target: Target, rule: string): TextEdit {
  const cells = target.outcome.snapshots.get(target.path)?.cells
  // A cell magic must stay the first line of its cell, and a comment below it is text of another language.
  const home =
    cells === undefined
      ? null
      : Math.max(
          0,
          cells.findIndex((one) => !/^\s*%%/.test(one.text.getText())),
        )
  const text = home === null ? target.text : cells![home]!.text
  return insert(target.path, suppressFile(text.getText(), rule), home)
}

/** Edits of the preferred safe fix of each finding, as far as they do not get into each other's way. */
async function safeEdits(target: Target, ownTextOnly: boolean): Promise<TextEdit[]> {
  const findings = target.outcome.findings.get(target.path) ?? []
  return editsOf(target.session, findings, async (fix, finding) => {
    const place = await target.session.place(finding.location, target.outcome)
    if (ownTextOnly && place?.uri !== target.text.uri) return false
    return fix.safety === 'safe' && (await staysWithin(target, fix, ownTextOnly))
  })
}

async function staysWithin(target: Target, fix: Fix, ownTextOnly: boolean): Promise<boolean> {
  for (const { location } of fix.edits) {
    if (location.path !== target.path) return false
    const place = await target.session.place(location, target.outcome)
    if (place === undefined || place.jsonCell !== null) return false
    if (ownTextOnly && place.uri !== target.text.uri) return false
  }
  return true
}

export interface Sketch {
  title: string
  /** The file or the cell that it is about. */
  uri: string
  /** That text, with the fix in it. */
  text: string
}

/** What a fix would make of the text that it is about; null: it is gone. */
export async function sketchOf(
  data: ActionData,
  target: Target,
  features: ClientFeatures,
): Promise<Sketch | null> {
  const finding = target.outcome.findings
    .get(target.path)
    ?.find((one) => one.fingerprint === data.fingerprint)
  if (finding === undefined || target.text.version !== data.version) return null
  const fix = (await target.session.fixes(finding))[data.index ?? 0]
  if (fix === undefined || 'refused' in fix) return null
  const { documentChanges } = await workspaceEdit(target.session, target.outcome, fix.edits, {
    ...features,
    documentChanges: true,
  })
  const changes = (documentChanges ?? []) as TextDocumentEdit[]
  const own = changes.find(({ textDocument }) => textDocument.uri === target.text.uri)
  if (own === undefined) return null
  const edits = own.edits as { range: Range; newText: string }[]
  return {
    title: fixTitle(fix, features.say),
    uri: target.text.uri,
    text: TextDocument.applyEdits(target.text, edits),
  }
}
