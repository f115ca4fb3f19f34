/** Command lines of the AWS CLI that start machines or training jobs. Source: AWS CLI command reference. */
import type { Change, Refusal } from '../../edit/write.js'
import { convert, opaque, orDefault } from '../../values/operations.js'
import { asCount } from '../../values/parse.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { addOptions, replaceValue } from '../command-lines/change.js'
import {
  alternativesOf,
  besideMatching,
  type CloudCommand,
  cloudCommands,
  mayGive,
  optionOf,
} from '../command-lines/cloud-command.js'
import { OptionSource } from '../command-lines/option-source.js'
import { claimStartScript, startScriptMayEnd, trainingScript } from '../command-lines/start-script.js'
import {
  acceleratedAmong,
  acceleratorModel,
  acceleratorsInType,
  claimBought,
  claimChosenType,
  claimMachineRequest,
  claimType,
  servesByName,
  trainsByName,
} from '../machine-claims.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { commandRequest } from '../sagemaker/command-request.js'
import { trainingFamilies } from '../sagemaker/names.js'
import { claimTrainingRequest } from '../sagemaker/training-request.js'

const wanted = /^(ec2 run-instances|sagemaker create-(training-job|notebook-instance))\b/

export const awsCommandsReader = defineReader({
  name: 'aws-commands',
  leads: ({ text }) => text.includes('run-instances') || text.includes('create-training-job'),
  languages: ['shell', 'yaml', 'python'],
  triggers: ['run-instances', 'create-training-job', 'create-notebook-instance'],
  read(facts, context, claims) {
    for (const one of cloudCommands('aws', facts, context, wanted)) {
      // The whole request stands in a file, or only its form is asked for.
      if (optionOf(one, 'cli-input-json', 'cli-input-yaml', 'generate-cli-skeleton') !== undefined) continue
      if (one.verb.endsWith('create-training-job'))
        claimTrainingRequest(commandRequest(claims, one), { prefix: [], trials: false, jobs: null })
      else readMachine(claims, context, one, one.verb.endsWith('create-notebook-instance'))
    }
  },
  change,
})

const endings = /\b(terminate-instances|stop-instances|(stop|delete)-notebook-instance)\b/

function readMachine(
  claims: ClaimBuilder,
  context: ReaderContext,
  one: CloudCommand,
  notebook: boolean,
): void {
  const scripted = startScriptMayEnd(claims, context, one, 'user-data')
  const bought = optionOf(one, market)?.outline ?? ''
  const spot = /\bspot\b/i.test(bought) && !/ValidUntil|BlockDuration/.test(bought)
  // A switch of the script asks for it; without it nothing ends the machine.
  const maySpot = bought === '' && one.unread !== null && mayGive(one, market)
  const source = new OptionSource(one, claims, {
    aliases: {
      [shutdown]: [
        'launch-template',
        ...(spot || maySpot ? [] : [market]),
        ...(scripted ? ['user-data'] : []),
      ],
    },
  })
  const type = source.text('instance-type')
  const all = effective(type) === undefined ? alternativesOf(one, source.option('instance-type')) : null
  const chosen = all === null ? null : acceleratedAmong(all)
  if (effective(type) === undefined && chosen === null) return
  if (source.option('dry-run') !== undefined) return
  const { site } = source.atCommand()
  const script = notebook ? null : trainingScript(claims, context, one, 'user-data')
  const job = script === null ? undefined : `${claims.path}#ec2:${one.head.start}`
  const compute = claimMachineRequest(claims, null, {
    provider: 'aws',
    interactive: notebook,
    place: one.head,
    site,
    scope: '',
    ...(job === undefined ? {} : { job }),
  })
  if (chosen === null) claimType(compute, 'instance-type', type)
  else claimChosenType(compute, 'instance-type', chosen, one.head)
  if (script !== null) {
    compute.known('trials', 'user-data', false, one.head)
    compute.say('nodes', 'count', orDefault(convert(source.get('count'), asCount), 1))
    const { sharing } = claimStartScript(claims, context, script, job!, {
      holder: 'the machine',
      gpus: acceleratorsInType(effective(type) ?? '') ?? null,
      model: acceleratorModel(effective(type) ?? '') ?? null,
      evidence: compute.subject.evidence,
    })
    if (sharing !== null) compute.known('sharing', 'user-data', sharing, one.head)
  }
  const words = optionOf(one, 'tag-specifications')?.outline ?? ''
  if (job !== undefined || (!notebook && trainsByName.test(words) && !servesByName.test(words)))
    claimBought(compute, {
      key: market,
      // A template may ask for it, a file, or what else is given.
      spot: spot || (plainlyBought(one) ? false : null),
      reserved: optionOf(one, 'capacity-reservation-specification') !== undefined,
      place: one.head,
      site,
    })
  else if (spot) compute.known('spot', market, true, one.head)
  if (notebook) compute.known('managedBy', 'sagemaker', 'sagemaker', one.head)
  const end = besideMatching(one, endings)
  if (end !== null) compute.known('endedBy', end, end, one.head)
  const key = notebook ? 'lifecycle-config-name' : shutdown
  const ended = opaque(source.get(key), 'it may stop by itself')
  // One of its machines has no accelerators.
  const mixed = chosen !== null && chosen.texts.length < all!.texts.length
  compute.say('idleStop', key, orDefault({ ...ended, site }, null, spot || maySpot || mixed))
}

/** Neither a template nor what cannot be read asks for other capacity. */
function plainlyBought(one: CloudCommand): boolean {
  return optionOf(one, market, 'launch-template') === undefined && !mayGive(one, market, 'launch-template')
}

const shutdown = 'instance-initiated-shutdown-behavior'
/** Spot capacity is billed until others want it. */
const market = 'instance-market-options'

function change(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (facts.shell === undefined) return { reason: 'the command is inside a string' }
  const { start, end } = claim.site
  const text = facts.fragment.text.slice(start, end)
  switch (claim.setting) {
    case 'spot':
      if (claim.key === market)
        return addOptions(claim, facts, 'Buy spot capacity', ['--instance-market-options MarketType=spot'])
      return value === true
        ? addOptions(claim, facts, 'Run on managed spot capacity', ['--enable-managed-spot-training'])
        : { reason: 'take the option out by hand' }
    case 'maxWait':
      return replaced(
        claim,
        facts,
        `Set MaxWaitTimeInSeconds to ${value}`,
        /MaxRuntimeInSeconds=(\d+)/,
        (before) => (/MaxWaitTimeInSeconds/.test(text) ? null : `${before},MaxWaitTimeInSeconds=${value}`),
      )
    case 'checkpointStore': {
      const output = /S3OutputPath=(s3:\/\/[\w./-]+?)\/?(?=[\s,\\]|$)/.exec(text)?.[1]
      return output === undefined || /--checkpoint-config\b/.test(text)
        ? { reason: 'name a bucket in --checkpoint-config S3Uri=' }
        : addOptions(claim, facts, 'Keep checkpoints beside the output', [
            `--checkpoint-config S3Uri=${output}/checkpoints/`,
          ])
    }
    case 'instanceType': {
      const prefix = text.includes('ml.') ? 'ml.' : ''
      const type = `${prefix}${String(value).replace(/^ml\./, '')}`
      if (prefix !== '' && !trainingFamilies.has(type.split('.')[1]!))
        return { reason: `training jobs do not offer ${type}` }
      return claim.key === 'InstanceType'
        ? replaced(claim, facts, `Use ${type}`, /InstanceType(?:=|"\s*:\s*")(ml\.[\w.]+)/, () => type)
        : replaceValue(claim, facts, `Use ${type}`, type)
    }
    case 'idleStop':
      return claim.key === 'instance-initiated-shutdown-behavior'
        ? addOptions(
            claim,
            facts,
            'Terminate the machine when it shuts down (end its program with `shutdown -h now`)',
            ['--instance-initiated-shutdown-behavior terminate'],
          )
        : { reason: 'a script in a lifecycle configuration must stop it: create one and name it' }
    default:
      return byHand(claim)
  }
}

/** Puts something else in the place of the one piece of the command that the pattern finds. */
function replaced(
  claim: Claim,
  facts: FragmentFacts,
  title: string,
  pattern: RegExp,
  by: (before: string) => string | null,
): Change | Refusal {
  const { start, end, fragment } = claim.site
  const found = pattern.exec(facts.fragment.text.slice(start, end))
  const text = found === null ? null : by(found[1]!)
  if (found === null || text === null) return { reason: `${claim.key} is set elsewhere` }
  const at = start + found.index + found[0].lastIndexOf(found[1]!)
  const write = {
    kind: 'replace text' as const,
    path: facts.path,
    fragment,
    start: at,
    end: at + found[1]!.length,
    text,
  }
  return { title, safety: 'unsafe', writes: [write], imports: [] }
}
