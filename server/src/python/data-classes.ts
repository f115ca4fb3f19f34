/** Data classes that hold options. */

import type { CallExpr, ClassDef, Expr, Stmt } from '../syntax/python-ast.js'
import { blocksOf, lastName } from '../syntax/python-children.js'
import { once } from '../text/once.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { annotatedType } from './annotated-type.js'
import { lineFillers } from './line-fillers.js'
import type { Call, Klass, ProgramArgument } from './module.js'

/** `field` of dataclasses and attrs, `Field` of pydantic, `attr.ib`. */
const describesField = /^(field|Field|ib|attrib)$/

function defaultIn({ callee, args }: CallExpr): Expr | null {
  const first = args[0]
  const written = args.find((argument) => argument.name === 'default')?.value
  if (written !== undefined) return written
  // `Field(4, ge=0)`; `Field(...)` has none.
  const leads = lastName(callee) === 'Field' && first?.name === null && first.star === 0
  return leads && first.value.type !== 'other' ? first.value : null
}

/** Default of a dataclass field: `x: int = 4` or `x: int = field(default=4)`. */
export function fieldDefault(klass: Klass, name: string): Expr | null {
  const value = bodyOf(klass).values.get(name)
  if (value === undefined) return null
  return value.type === 'call' && describesField.test(lastName(value.callee)) ? defaultIn(value) : value
}

interface ClassBody {
  /** What the first assignment in the body gives to each name. */
  values: ReadonlyMap<string, Expr>
  /** How often each name is assigned, in blocks of the body as well. */
  assigned: ReadonlyMap<string, number>
}

const bodies = new WeakMap<ClassDef, ClassBody>()

function bodyOf({ node }: Klass): ClassBody {
  const known = bodies.get(node)
  if (known !== undefined) return known
  const values = new Map<string, Expr>()
  for (const statement of node.body) {
    if (statement.type !== 'assign' || statement.value === null) continue
    const target = statement.targets[0]
    if (target?.type === 'name' && !values.has(target.id)) values.set(target.id, statement.value)
  }
  const assigned = new Map<string, number>()
  const visit = (statement: Stmt): void => {
    if (statement.type === 'function' || statement.type === 'class') return
    if (statement.type === 'assign' || statement.type === 'augassign') {
      const targets = statement.type === 'assign' ? statement.targets : [statement.target]
      const names = new Set(targets.flatMap((one) => (one.type === 'name' ? [one.id] : [])))
      for (const name of names) assigned.set(name, (assigned.get(name) ?? 0) + 1)
    }
    for (const block of blocksOf(statement)) block.forEach(visit)
  }
  node.body.forEach(visit)
  const body = { values, assigned }
  bodies.set(node, body)
  return body
}

/** What a class holds for all: `class CFG: workers = 4`. Null: it is not written there, or not once and for all. */
export function classConstant(klass: Klass, name: string): Expr | null {
  return isFromEnvironment(klass.bases) ? null : writtenOnce(klass, name)
}

/** The environment fills the fields of such a class, where it has them. */
export function isFromEnvironment(bases: readonly string[]): boolean {
  return bases.some((base) => /(^|\.)BaseSettings$/.test(base))
}

/** The value of a field, where its class gives it once. */
export function writtenOnce(klass: Klass, name: string): Expr | null {
  return bodyOf(klass).assigned.get(name) === 1 ? fieldDefault(klass, name) : null
}

/** Parsers that fill data classes from the command line. */
const parsers = new Set([
  'transformers.HfArgumentParser',
  'trl.TrlParser',
  'simple_parsing.parse',
  'tyro.cli',
])

/** Fields of the data classes that `HfArgumentParser` and its like fill from the command line. */
export function dataclassArguments(analysis: Analysis): ProgramArgument[] {
  // `class Options(Tap)`: the class is its own parser.
  const found = analysis.classes
    .filter(({ bases }) =>
      bases.some((base) => /^(tap|tap\.tap|typed_argparse)\.(Tap|TypedArgs)$/.test(base)),
    )
    .flatMap((klass) => fieldsOf(analysis, klass))
  for (const klass of new Set(lineFillers(analysis).values())) found.push(...fieldsOf(analysis, klass))
  const groups = new Set(groupCalls(analysis))
  for (const call of analysis.calls) {
    if (!groups.has(call) && (call.name === null || !parsers.has(call.name))) continue
    const argument = call.expr.args[0]
    if (argument === undefined) continue
    const value = analysis.definition(argument.value)
    for (const item of value.type === 'tuple' || value.type === 'list' ? value.items : [value]) {
      const klass = analysis.classOf(item)
      if (klass !== null) found.push(...fieldsOf(analysis, klass))
      else found.push(...libraryFields(analysis.nameOf(item)), ...argumentsElsewhere(analysis, item))
    }
  }
  return found
}

/** `parser.add_arguments(Options, dest='run')` of simple_parsing. */
function groupCalls(analysis: Analysis): Call[] {
  if (analysis.callsTo('simple_parsing.ArgumentParser').length === 0) return []
  return analysis.calls.filter(({ method }) => method === 'add_arguments')
}

/** Attributes of the parsed line that hold an object each. */
export function groupNames(analysis: Analysis): ReadonlySet<string> {
  return once(analysis, 'groups of options', () => {
    const named = groupCalls(analysis).map(
      ({ expr: { args } }) => args.find(({ name }) => name === 'dest') ?? args[1],
    )
    return new Set(
      named.flatMap((one) =>
        one?.value.type === 'constant' && typeof one.value.value === 'string' ? [one.value.value] : [],
      ),
    )
  })
}

/** Of the class and of those that it extends. */
function fieldsOf(analysis: Analysis, klass: Klass, seen: readonly Klass[] = []): ProgramArgument[] {
  const found: ProgramArgument[] = []
  for (const statement of klass.node.body) {
    if (statement.type !== 'assign' || statement.annotation === null) continue
    const target = statement.targets[0]
    if (target?.type !== 'name') continue
    const type = annotatedType(statement.annotation)
    found.push({
      name: target.id,
      flags: [target.id],
      ...(type === 'bool' ? { negated: [`no_${target.id}`] } : {}),
      default: fieldDefault(klass, target.id),
      kind: type === 'bool' ? 'store true' : 'value',
      type,
      span: statement,
      filled: true,
    })
  }
  for (const { value } of klass.node.bases) {
    const base = analysis.classOf(value)
    if (base !== null && (base === klass || seen.includes(base))) continue
    const inherited =
      base === null
        ? [...libraryFields(analysis.nameOf(value)), ...argumentsElsewhere(analysis, value)]
        : fieldsOf(analysis, base, [...seen, klass])
    const names = new Set(found.map(({ name }) => name))
    found.push(...inherited.filter(({ name }) => !names.has(name)))
  }
  return found
}

type Fields = Record<string, string | number | boolean | null>

/**
 * What an own loop or another trainer takes from Hugging Face's arguments, with its defaults
 * (transformers, training_args.py); `Trainer` itself is read by its reader.
 */
const trainingArguments: Fields = {
  num_train_epochs: 3,
  max_steps: -1,
  per_device_train_batch_size: 8,
  per_device_eval_batch_size: 8,
  gradient_accumulation_steps: 1,
  dataloader_num_workers: 0,
  dataloader_pin_memory: true,
  gradient_checkpointing: false,
  fp16: false,
  bf16: false,
  logging_steps: 500,
  save_steps: 500,
  resume_from_checkpoint: null,
}

/** Fields of classes that libraries bring, with their defaults (trl, trainer/model_config.py, scripts/utils.py). */
const ofLibraries: Record<string, Fields> = {
  'transformers.TrainingArguments': trainingArguments,
  'transformers.Seq2SeqTrainingArguments': trainingArguments,
  'trl.ModelConfig': {
    model_name_or_path: null,
    model_revision: 'main',
    attn_implementation: null,
    use_peft: false,
    lora_r: 16,
    lora_alpha: 32,
    lora_target_modules: null,
    load_in_8bit: false,
    load_in_4bit: false,
  },
  'trl.ScriptArguments': { dataset_name: null, dataset_config: null },
}

function libraryFields(name: string | null): ProgramArgument[] {
  const nowhere = { start: 0, end: 0 }
  return Object.entries((name === null ? undefined : lookUp(ofLibraries, name)) ?? {}).map(
    ([field, value]): ProgramArgument => ({
      name: field,
      flags: [field],
      default: { type: 'constant', value, ...nowhere },
      kind: typeof value === 'boolean' ? 'store true' : 'value',
      type: value === null ? 'str' : (typeNames.get(typeof value) ?? null),
      span: nowhere,
      filled: true,
    }),
  )
}

/** The same of a class of another module, with what a library's class gives it. */
function argumentsElsewhere(analysis: Analysis, named: Expr): ProgramArgument[] {
  const nowhere = { start: 0, end: 0 }
  const { fields = {}, bases = [] } = analysis.importedClass(named) ?? {}
  const inherited = bases.flatMap(libraryFields).filter(({ name }) => !Object.hasOwn(fields, name))
  const own = Object.entries(fields).map(([name, field]): ProgramArgument => {
    const value = field?.value
    const plain = value === null || (value !== undefined && typeof value !== 'object')
    return {
      name,
      flags: [name],
      default: plain ? { type: 'constant', value, ...nowhere } : { type: 'other', children: [], ...nowhere },
      kind: typeof value === 'boolean' ? 'store true' : 'value',
      type: typeNames.get(typeof value) ?? null,
      span: nowhere,
      filled: true,
    }
  })
  return [...own, ...inherited]
}

const typeNames = new Map([
  ['boolean', 'bool'],
  ['string', 'str'],
  ['number', 'float'],
])
