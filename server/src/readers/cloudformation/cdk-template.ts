/**
 * Stacks of the AWS CDK in Python as templates of CloudFormation: a construct `Cfn…` is a resource, its keywords are the
 * properties. Source: CDK reference for Python, "CFN constructs"; the constructs of the second layer are those with the same properties.
 */
import type { ConfigDocument, ConfigEntry, ConfigMap, ConfigNode } from '../../config/node.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { numberArgument, textArgument } from '../../values/argument.js'
import { batchProperties, batchResource } from './cdk-batch.js'

/** As CloudFormation writes the names of services that the CDK has in small letters. */
const services: Record<string, string> = {
  applicationautoscaling: 'ApplicationAutoScaling',
  autoscaling: 'AutoScaling',
  batch: 'Batch',
  budgets: 'Budgets',
  cloudwatch: 'CloudWatch',
  ec2: 'EC2',
  ecs: 'ECS',
  eks: 'EKS',
  events: 'Events',
  sagemaker: 'SageMaker',
  scheduler: 'Scheduler',
  ssm: 'SSM',
}

/** Constructs of the second layer, by the resource that they make. */
const secondLayer: Record<string, string> = {
  'aws_cdk.aws_ec2.Instance': 'AWS::EC2::Instance',
  'aws_cdk.aws_applicationautoscaling.ScalableTarget': 'AWS::ApplicationAutoScaling::ScalableTarget',
}

const firstLayer = /^aws_cdk\.aws_(\w+)\.Cfn([A-Z]\w*)$/

/** Deeper than this, properties are not read. */
const mostDepth = 12

/** All resources that the module declares; null: none. */
export function stackOf(python: PythonModule): ConfigDocument | null {
  const names = namesOf(python)
  if (names.size === 0) return null
  const resources = [...names].map(([call, name]) => {
    const { callee } = call.expr
    const type = typeOf(call)!
    return {
      key: name,
      keyStart: callee.start,
      keyEnd: callee.end,
      value: map(call.expr, [
        entry('Type', callee, { ...spanOf(callee), kind: 'scalar', value: type, raw: type }),
        entry('Properties', call.expr, propertiesOf(python, names, call, type)),
      ]),
    }
  })
  const whole = { start: 0, end: python.text.length }
  const root = map(whole, [entry('Resources', whole, map(whole, resources))])
  return { index: 0, root, templated: false, hasErrors: false }
}

function propertiesOf(
  python: PythonModule,
  names: ReadonlyMap<Call, string>,
  call: Call,
  type: string,
): ConfigMap {
  const own = new Properties(python, names).of(call, 0)
  return batchResource(call.name ?? '') === null ? own : batchProperties(own, type)
}

/** The second argument of each construct; another one of the same name gets a number. */
function namesOf(python: PythonModule): Map<Call, string> {
  const names = new Map<Call, string>()
  const taken = new Set<string>()
  for (const call of python.calls) {
    if (typeOf(call) === null) continue
    const [, id] = call.expr.args.filter(({ name, star }) => name === null && star === 0)
    const folded = id === undefined ? null : python.fold(id.value)
    const given = folded?.state === 'known' && typeof folded.value === 'string' ? folded.value : call.method
    const name = taken.has(given) ? `${given} ${taken.size + 1}` : given
    taken.add(name)
    names.set(call, name)
  }
  return names
}

function typeOf({ name }: Call): string | null {
  const second = lookUp(secondLayer, name ?? '') ?? batchResource(name ?? '')
  if (second !== null) return second
  const [, service, thing] = firstLayer.exec(name ?? '') ?? []
  const spelled = service === undefined ? undefined : lookUp(services, service)
  return spelled === undefined ? null : `AWS::${spelled}::${thing}`
}

class Properties {
  constructor(
    private readonly python: PythonModule,
    private readonly names: ReadonlyMap<Call, string>,
  ) {}

  of(call: Call, depth: number): ConfigMap {
    const { args } = call.expr
    const named = args.flatMap(({ name, value }) =>
      name === null ? [] : [entry(spelled(name), value, this.node(value, depth))],
    )
    return { ...map(call.expr, named), ...(args.some(({ star }) => star === 2) ? { open: '**' } : {}) }
  }

  private node(expr: Expr, depth: number): ConfigNode {
    const span = spanOf(expr)
    const { python } = this
    if (depth > mostDepth) return { ...span, kind: 'unknown', because: 'it is nested too deeply' }
    const made = python.definition(expr)
    const inner = (one: Expr) => this.node(one, depth + 1)
    if (made.type === 'list' || made.type === 'tuple')
      return { ...span, kind: 'list', items: made.items.map(inner) }
    if (made.type === 'dict')
      return map(
        span,
        made.entries.flatMap(({ key, value }) =>
          key?.type === 'constant' && typeof key.value === 'string'
            ? [entry(spelled(key.value), value, inner(value))]
            : [],
        ),
      )
    const call = made.type === 'call' ? python.callOf(made) : null
    if (call !== null && /\.\w+(Property|ContainerDefinition)$/.test(call.name ?? ''))
      return this.of(call, depth + 1)
    const plain =
      call === null
        ? null
        : (instanceType(python, call) ?? containerImage(python, call)?.image ?? secondsOf(python, call))
    if (plain !== null) return { ...span, kind: 'scalar', value: plain, raw: String(plain) }
    // `config`, `config.ref`, `config.attr_endpoint_config_name`.
    const owner = made.type === 'attribute' ? python.callOf(made.value) : call
    const name = owner === null ? undefined : this.names.get(owner)
    if (name !== undefined) return { ...span, kind: 'unknown', because: '!Ref', text: name }
    const folded = python.fold(expr)
    return folded.state === 'known'
      ? jsonNode(folded.value, span)
      : { ...span, kind: 'unknown', because: folded.because }
  }
}

/** `ec2.InstanceType('p3.2xlarge')`, `ec2.InstanceType.of(ec2.InstanceClass.P3, ec2.InstanceSize.XLARGE2)`. */
function instanceType(python: PythonModule, call: Call): string | null {
  const [first, second] = call.expr.args
  if (first === undefined) return null
  if (/\.InstanceType$/.test(call.name ?? '')) {
    const folded = python.fold(first.value)
    return folded.state === 'known' && typeof folded.value === 'string' ? folded.value : null
  }
  if (!/\.InstanceType\.of$/.test(call.name ?? '') || second === undefined) return null
  const family = /\.InstanceClass\.(\w+)$/.exec(python.nameOf(first.value) ?? '')?.[1]
  const size = /\.InstanceSize\.([A-Z]+)(\d*)$/.exec(python.nameOf(second.value) ?? '')
  if (family === undefined || size === null) return null
  return `${family.toLowerCase()}.${size[2]}${size[1]!.toLowerCase()}`
}

/** An image by its name, or one that is built of a folder beside the program, under a name that nothing else has. */
export function containerImage(
  python: PythonModule,
  call: Call,
): { image: string; folder: string | null; dockerfile: string | null } | null {
  const from = /\.ContainerImage\.from_(registry|asset)$/.exec(call.name ?? '')?.[1]
  if (from === undefined) return null
  const named = textArgument(python.argument(call, from === 'asset' ? 'directory' : 'name', 0))
  if (named === null || from === 'registry')
    return named === null ? null : { image: named, folder: null, dockerfile: null }
  const folder = named.replace(/^\.\//, '').replace(/(?<!\/)\/+$/, '')
  if (folder.startsWith('/')) return null
  const file = textArgument(python.argument(call, 'file'))
  const image = `cdk-asset-${folder.replace(/[^\w-]+/g, '-')}`
  return {
    image,
    folder: folder === '' ? '.' : folder,
    dockerfile: file === null ? null : `${folder}/${file}`,
  }
}

const units: Record<string, number> = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 }

/** `Duration.hours(20)` */
function secondsOf(python: PythonModule, call: Call): number | null {
  const unit = lookUp(units, /\.Duration\.(\w+)$/.exec(call.name ?? '')?.[1] ?? '')
  const count = numberArgument(python.argument(call, 'amount', 0))
  return unit === undefined || count === null ? null : count * unit
}

function jsonNode(value: Json, span: { start: number; end: number }): ConfigNode {
  if (Array.isArray(value)) return { ...span, kind: 'list', items: value.map((one) => jsonNode(one, span)) }
  if (value !== null && typeof value === 'object')
    return map(
      span,
      Object.entries(value).map(([key, one]) => entry(spelled(key), span, jsonNode(one, span))),
    )
  return { ...span, kind: 'scalar', value, raw: JSON.stringify(value) }
}

/** `instance_type` and `instanceType` are `InstanceType`. */
function spelled(key: string): string {
  return key.replace(/(^|_)([a-z0-9])/g, (_, __, letter: string) => letter.toUpperCase())
}

function map(span: { start: number; end: number }, entries: ConfigEntry[]) {
  return { ...spanOf(span), kind: 'map' as const, entries }
}

function entry(key: string, { start, end }: { start: number; end: number }, value: ConfigNode): ConfigEntry {
  return { key, keyStart: start, keyEnd: end, value }
}

const spanOf = ({ start, end }: { start: number; end: number }) => ({ start, end })
