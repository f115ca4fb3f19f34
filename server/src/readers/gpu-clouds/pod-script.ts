/**
 * Scripts that are started by hand on a machine that is rented by the hour: `runpod_train.sh`. Neither the end of the script nor that of its
 * shell ends the machine: it is billed until it is stopped by the cloud's own interface. Sources: as in instances.ts.
 */
import type { ShellFacts } from '../../config/shell-facts.js'
import type { SourceFragment } from '../../text/source-fragment.js'
import { byHand } from '../change-answer.js'
import { comesToAnEnd } from '../job-script.js'
import { defineReader } from '../reader.js'
import { trainsByName } from '../shell/failures.js'
import { changeJobOperation, claimJobOperations, isJobOperation } from '../shell/job-operations.js'
import { type FoundLaunch, launchesOf, workOf } from '../shell/launches.js'
import { claimPod, podEvidence } from './claim-pod.js'
import { type Cloud, clouds, endingIn, withoutComments } from './clouds.js'

/** It works on the machine from elsewhere, or asks for one. */
const fromElsewhere = /^(runpodctl|vastai|ssh|scp|rsync|sftp|docker)$/

/** The cloud whose machine the script runs on; null: it is not told, or the script runs elsewhere. */
function cloudOf(path: string, fragment: SourceFragment, shell: ShellFacts): Cloud | null {
  const cloud = clouds.find(({ scripts }) => scripts.test(path))
  if (cloud === undefined || fragment.origin !== 'file') return null
  const elsewhere = shell.commands.some(
    ({ words, unreachable }) =>
      !unreachable &&
      (fromElsewhere.test(words[0]?.text ?? '') ||
        words.some(({ raw }) => /api\.runpod\.io|handler\.py$/.test(raw))),
  )
  // On the machine itself the tools of the cloud only end it.
  return elsewhere && endingIn(cloud, withoutComments(fragment.text)) === null ? null : cloud
}

/** What it computes there last, where it is a job on a machine that is rented by the hour. */
function workIn(shell: ShellFacts, launches: readonly FoundLaunch[]): FoundLaunch | undefined {
  const programs = launches.filter(({ parts }) => parts.program.inline !== true)
  if (!comesToAnEnd(workOf(shell, [...launches]), programs)) return undefined
  return programs.filter(trainsByName).at(-1) ?? programs.filter((one) => lasting.test(nameOf(one))).at(-1)
}

/** What holds an accelerator for a while, besides training. */
const lasting =
  /(^|[^a-z])(eval\w*|infer\w*|generat\w*|sweep\w*|bench\w*|experiments?|ablat\w*|embed\w*|distil\w*|main|run\w*)([^a-z]|$)/i

const nameOf = ({ parts }: FoundLaunch): string =>
  parts.program.path?.split('/').at(-1) ?? parts.program.module ?? parts.program.command ?? ''

interface PodJob {
  /** What everything in the script belongs to. */
  job: string
  cloud: Cloud
  work: FoundLaunch
}

/** Null: it does not run on a rented machine, or is no job there. */
function podJob(
  path: string,
  fragment: SourceFragment,
  shell: ShellFacts,
  launches: readonly FoundLaunch[],
): PodJob | null {
  const cloud = cloudOf(path, fragment, shell)
  const work = cloud === null ? undefined : workIn(shell, launches)
  if (cloud === null || work === undefined) return null
  return { job: `${path}#pod${fragment.index === 0 ? '' : `@${fragment.index}`}`, cloud, work }
}

export const podJobId = (...script: Parameters<typeof podJob>): string | null =>
  podJob(...script)?.job ?? null

export const podScriptReader = defineReader({
  name: 'pod-script',
  languages: ['shell'],
  triggers: ['python', 'torchrun', 'accelerate', 'deepspeed', 'axolotl', 'llamafactory'],
  read({ path, fragment, shell }, context, claims) {
    if (shell === undefined) return
    const launches = launchesOf(shell.commands, (span) => claims.locate(span))
    const found = podJob(path, fragment, shell, launches)
    if (found === null) return
    const { job, cloud, work } = found
    const { words, end } = work.command
    const place = { start: words[0]!.start, end: words.at(-1)?.end ?? end }
    claimPod(claims, cloud, place, job, withoutComments(fragment.text))
    claimJobOperations(
      claims,
      context,
      shell,
      launches,
      { holder: 'the pod', gpus: null, model: null, evidence: podEvidence, job },
      fragment.text,
      (span) => span,
    )
  },
  change: (claim, _value, facts) =>
    isJobOperation(claim) ? changeJobOperation(claim, facts) : byHand(claim),
})
