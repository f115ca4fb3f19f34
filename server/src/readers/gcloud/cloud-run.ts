/**
 * Services of Cloud Run with a GPU that a command line deploys: `gcloud run deploy --gpu 1`. They go down to no instance by
 * themselves, unless a number of instances is kept. Source: reference of the Google Cloud CLI; Cloud Run, "GPU support".
 */
import type { Change, Refusal } from '../../edit/write.js'
import { convert, derived, orDefault } from '../../values/operations.js'
import { asCount } from '../../values/parse.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { replaceValue } from '../command-lines/change.js'
import { besideMatching, type CloudCommand, cloudCommands } from '../command-lines/cloud-command.js'
import { OptionSource } from '../command-lines/option-source.js'
import { attachedModel } from '../machine-claims.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { settingTable } from '../setting-table.js'

/** Kept for a revision, or for the service whatever its revisions. */
const runSettings = settingTable('Serving', {
  minReplicas: { keys: ['min-instances', 'min'], parse: asCount, otherwise: 0 },
})

export const cloudRunReader = defineReader({
  name: 'gcloud-run',
  title: 'gcloud run',
  settings: [runSettings],
  languages: ['shell', 'yaml'],
  triggers: ['--gpu'],
  read(facts, context, claims) {
    for (const one of cloudCommands('gcloud', facts, context, /^run (deploy|services update)\b/))
      readDeploy(claims, one)
  },
  change: changeRun,
})

const ending = /\brun services delete\b/

/** What is attached where nothing else is asked for. */
const usualCard = 'L4'

function readDeploy(claims: ClaimBuilder, one: CloudCommand): void {
  const source = new OptionSource(one, claims)
  const gpus = convert(source.get('gpu'), asCount)
  if ((effective(gpus) ?? 0) < 1) return
  const { head } = one
  const name = one.positionals.find((word) => !word.raw.startsWith('-'))?.text ?? null
  const evidence: Evidence = { role: 'job', accelerator: 'gpu', small: null, notebook: false }
  const serving = claims.subject('Serving', head, name ?? 'gcloud run', evidence)
  serving.known('platform', 'gcloud run deploy', 'Cloud Run', head)
  serving.known('purpose', 'gcloud run deploy', 'deployment', head)
  serving.known('tornDown', 'gcloud run deploy', besideMatching(one, ending) !== null, head)
  serving.known('scalesToZero', 'gcloud run deploy', true, head)
  if (name !== null) serving.known('name', 'gcloud run deploy', name, head)
  serving.say('gpus', 'gpu', gpus)
  serving.say('gpuModel', 'gpu-type', orDefault(derived(source.text('gpu-type'), attachedModel), usualCard))
  runSettings.claim(serving, source)
}

function changeRun(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  return claim.setting === 'minReplicas'
    ? replaceValue(claim, facts, `Keep no instance: --${claim.key}=${value}`, String(value))
    : byHand(claim)
}
