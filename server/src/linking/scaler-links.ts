/**
 * Autoscalers and what they scale: either says what the other needs to be judged, and they often stand in different files.
 * What one says is added to the claims of the other, with the place where it is written.
 */

import { folderOf, nearest } from '../link/paths.js'
import { sameLocation } from '../text/location.js'
import type { Origin } from '../text/origin.js'
import { effective } from '../values/value.js'
import type { Claim, ClaimHead, Extraction, Subject } from '../workload/claim.js'
import type { Extractions } from './extractions.js'
import type { LinkKind } from './link-kind.js'
import { placeOf } from './pool-links.js'

interface Entry {
  subject: Subject
  claims: ReadonlyMap<string, Claim>
  /** 'Deployment/vllm'. */
  object: string
}

/** Controllers of KServe name what they make after the service. */
const made = /^Deployment\/(.+?)-predictor(-default)?$/

export class ScalerLinks implements LinkKind {
  join(all: Extractions): void {
    const extractions = all.byPath
    const scalers = entriesOf(extractions, 'Scaling', 'target')
    if (scalers.length === 0) return
    const targets = new Map<string, Entry[]>()
    for (const target of entriesOf(extractions, 'Serving', 'object')) {
      const list = targets.get(target.object)
      if (list === undefined) targets.set(target.object, [target])
      else list.push(target)
    }
    const added = new Map<string, Claim[]>()
    const add = (to: Entry, claim: Claim, rest: Partial<ClaimHead & Origin>): void => {
      const { path } = to.subject.location
      const list = added.get(path) ?? []
      added.set(path, list)
      list.push({ ...claim, ...rest, subject: to.subject.id })
    }
    const byTarget = new Map<Entry, Entry[]>()
    for (const scaler of scalers) {
      if (scaler.claims.get('target')!.state === 'unknown') continue
      const found = targetsOf(scaler, targets)
      for (const target of found) {
        all.relate(scaler.subject.location.path, target.subject.location.path)
        const list = byTarget.get(target)
        if (list === undefined) byTarget.set(target, [scaler])
        else list.push(scaler)
      }
      if (found[0] !== undefined) tellScaler(scaler, found[0], add)
    }
    for (const [target, users] of byTarget) tellTarget(target, users, add)
    tellUnreadable(scalers, targets, add)
    // What the other one says takes the place of what is claimed without it.
    for (const [path, claims] of added) all.amend(path, claims, true)
  }
}

type Add = (to: Entry, claim: Claim, rest: Partial<Claim>) => void

function entriesOf(extractions: ReadonlyMap<string, Extraction>, word: string, naming: string): Entry[] {
  const found: Entry[] = []
  for (const extraction of extractions.values()) {
    const subjects = extraction.subjects.filter((subject) => subject.kind === word)
    if (subjects.length === 0) continue
    const bySubject = new Map(subjects.map((subject) => [subject.id, new Map<string, Claim>()]))
    for (const claim of extraction.claims) bySubject.get(claim.subject)?.set(claim.setting, claim)
    for (const subject of subjects) {
      const claims = bySubject.get(subject.id)!
      const name = claims.get(naming)
      if (name !== undefined) found.push({ subject, claims, object: String(effective(name) ?? '') })
    }
  }
  return found
}

/** Objects of that name, the nearest ones: each environment has its own. */
function targetsOf(scaler: Entry, targets: ReadonlyMap<string, Entry[]>): Entry[] {
  const maker = made.exec(scaler.object)
  const found =
    targets.get(scaler.object) ?? (maker === null ? undefined : targets.get(`InferenceService/${maker[1]}`))
  if (found === undefined) return []
  const near = nearest(found, placeOf(scaler), placeOf)
  const beside = near.filter((one) => layoutOf(one) === layoutOf(scaler))
  return beside.length > 0 ? beside : near
}

/** Which of several layouts of one manifest it is from (see overlays.ts). */
function layoutOf({ subject }: Entry): string {
  return /~\d+$/.exec(subject.id)?.[0] ?? ''
}

/** What a replica holds, and what it asks for. */
function tellScaler(scaler: Entry, target: Entry, add: Add): void {
  for (const setting of ['gpus', 'gpuModel'] as const) {
    const claim = target.claims.get(setting)
    if (claim !== undefined) add(scaler, claim, {})
  }
  const metrics = effective(scaler.claims.get('metrics') as Claim<string[]> | undefined)
  const requested = effective(target.claims.get('requested') as Claim<string[]> | undefined)
  const share = scaler.claims.get('utilization')
  if (metrics === undefined || requested === undefined || share === undefined) return
  const missing = metrics.filter((one) => /^(cpu|memory)$/.test(one) && !requested.includes(one))
  if (missing.length > 0)
    add(scaler, scaler.claims.get('metrics')!, { setting: 'unmeasured', value: missing })
}

function tellTarget(target: Entry, users: Entry[], add: Add): void {
  const [first] = users
  const how = first!.claims.get('target')!
  const scaled = target.claims.get('autoscaled')
  add(target, how, { setting: 'autoscaled', key: scaled?.key ?? how.key, value: true })
  if (users.length === 1) {
    const least = first!.claims.get('leastReplicas')
    const zero = first!.claims.get('reachesZero')
    if (least !== undefined) add(target, least, { setting: 'minReplicas' })
    if (zero !== undefined) add(target, zero, { setting: 'scalesToZero' })
    return
  }
  // Environments have their own; two beside each other pull in two directions, which is said of the later one.
  if (users.some((user) => user.claims.has('replaces'))) return
  for (const [index, user] of users.entries()) {
    const folder = folderOf(user.subject.location.path)
    const beside = users
      .slice(0, index)
      .filter((one) => folderOf(one.subject.location.path) === folder && !isSame(one, user))
    if (beside.length === 0) continue
    const names = beside.map(
      ({ claims }) => `${String(effective(claims.get('kind')))} "${String(effective(claims.get('name')))}"`,
    )
    add(user, user.claims.get('target')!, { setting: 'rivals', value: names })
  }
}

/** Two layouts of one object. */
function isSame(a: Entry, b: Entry): boolean {
  return sameLocation(a.subject.location, b.subject.location)
}

/** An autoscaler whose target cannot be read may be that of anything around it. */
function tellUnreadable(scalers: Entry[], targets: ReadonlyMap<string, Entry[]>, add: Add): void {
  for (const scaler of scalers) {
    const target = scaler.claims.get('target')!
    if (target.state !== 'unknown') continue
    const folder = folderOf(scaler.subject.location.path)
    for (const entry of [...targets.values()].flat()) {
      if (folderOf(entry.subject.location.path) !== folder) continue
      add(entry, target, { setting: 'autoscaled' })
      add(entry, target, { setting: 'minReplicas' })
    }
  }
}
