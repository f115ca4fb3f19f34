/** Functions that a server calls by their names, once for each request, and where it loads a model once instead. */
import type { Func, PythonModule } from '../../python/module.js'
import type { ElementFunction } from './element-functions.js'

interface Handlers {
  /** The class that servers look for: what it is derived from, or what it is called. */
  base?: RegExp
  called?: RegExp
  methods: RegExp
  each?: string
  remedy: string
  once?: 'setup' | '__init__'
}

const classes: Handlers[] = [
  {
    base: /^cog\.(\w+\.)*BasePredictor$/,
    methods: /^predict$/,
    remedy: 'in `setup()` of the predictor',
    once: 'setup',
  },
  {
    base: /^ts\.torch_handler\./,
    methods: /^(handle|preprocess|inference|postprocess)$/,
    remedy: 'in `initialize()` of the handler',
  },
  {
    base: /^mlflow\.pyfunc\.(\w+\.)*PythonModel$/,
    methods: /^predict$/,
    remedy: 'in `load_context()` of the model',
  },
  { called: /^TritonPythonModel$/, methods: /^execute$/, remedy: 'in `initialize()` of the model' },
  {
    called: /^EndpointHandler$/,
    methods: /^__call__$/,
    remedy: 'in `__init__()` of the handler',
    once: '__init__',
  },
]

export function requestHandlers(python: PythonModule): ElementFunction[] {
  return [
    ...methods(python),
    ...scoring(python),
    ...sagemaker(python),
    ...handed(python),
    ...subscribed(python),
  ]
}

function methods(python: PythonModule): ElementFunction[] {
  return python.classes.flatMap((klass) => {
    const kind = classes.find(
      ({ base, called }) =>
        called?.test(klass.name) === true || klass.bases.some((one) => base?.test(one) === true),
    )
    if (kind === undefined) return []
    return [...klass.methods.values()]
      .filter(({ name }) => kind.methods.test(name))
      .map((func) => ({
        func,
        each: 'request',
        remedy: kind.remedy,
        once: kind.once ?? null,
        klass: kind.once === undefined ? null : klass,
      }))
  })
}

/** Azure ML's scoring script: `init()` once, `run(data)` for each request or batch of files. */
function scoring(python: PythonModule): ElementFunction[] {
  const [init, run] = [topLevel(python, 'init', 0), topLevel(python, 'run', 1)]
  if (init === undefined || run === undefined) return []
  const data = run.node.params[0]!.name
  const told = /azureml|inference_schema/i.test(python.code)
  if (!told && !/^(raw_?data|data|mini_?batch|(raw_?)?request|inputs?|input_data|body)$/i.test(data))
    return []
  const each = /batch/i.test(data) ? 'batch' : 'request'
  return [{ func: run, each, remedy: 'in `init()`, which runs once', once: null, klass: null }]
}

/** SageMaker's containers: `model_fn(model_dir)` once, the others for each request. */
function sagemaker(python: PythonModule): ElementFunction[] {
  if (topLevel(python, 'model_fn') === undefined) return []
  return ['predict_fn', 'transform_fn', 'input_fn'].flatMap((name) => {
    const func = topLevel(python, name)
    return func === undefined
      ? []
      : [{ func, each: 'request', remedy: 'in `model_fn()`, which runs once', once: null, klass: null }]
  })
}

/** `runpod.serverless.start({'handler': handler})`, `gr.Interface(fn=predict)`. */
function handed(python: PythonModule): ElementFunction[] {
  return python.calls.flatMap(({ name, expr }) => {
    const [first] = expr.args
    let value = null
    if (name === 'runpod.serverless.start' && first?.value.type === 'dict')
      value =
        first.value.entries.find(({ key }) => key?.type === 'constant' && key.value === 'handler')?.value ??
        null
    else if (name === 'gradio.Interface' || name === 'gradio.ChatInterface')
      value =
        (expr.args.find((one) => one.name === 'fn') ?? (first?.name === null ? first : undefined))?.value ??
        null
    const func = value?.type === 'name' ? python.functionOf(value) : null
    const remedy = 'when the module is imported, or behind a cache'
    return func === null ? [] : [{ func, each: 'request', remedy, once: 'module' as const, klass: null }]
  })
}

/** Libraries of queues, bots and forms, and what hands each of them a function. */
const subscriptions: { library: RegExp; calls: RegExp; each: string; remedy?: string }[] = [
  {
    library: /^(pika|aio_pika|kombu|nats|stomp|redis|rq|azure|google|confluent_kafka|faust|paho)(\.|$)/,
    calls: /^(basic_consume|consume|subscribe|register_callback|message_callback_add|agent)$/,
    each: 'message',
  },
  {
    library: /^(telegram|telebot|aiogram|discord|slack_bolt|slack_sdk|nextcord|pyrogram)(\.|$)/,
    calls:
      /^(\w*Handler|message_handler|event|command|message|on_message|register_message_handler|register|on)$/,
    each: 'message',
  },
  {
    library: /^(gradio|nicegui|dash|panel|chainlit|shiny|taipy)(\.|$)/,
    calls: /^(click|submit|change|upload|then|stream|callback|on_message|Interface|ChatInterface|on_click)$/,
    each: 'request',
  },
  {
    library:
      /^(watchdog|schedule|apscheduler|socketio|flask_socketio|grpc|robyn|aiohttp|tornado|bottle|falcon|cherrypy|prefect|functions_framework)(\.|$)/,
    calls:
      /^(do|add_job|on|event|scheduled_job|add_get|add_post|add_route|add_api_route|get|post|route|http|cloud_event)$/,
    each: 'call',
  },
  {
    library: /^(modal|beam)(\.|$)/,
    calls: /^(function|endpoint|web_endpoint)$/,
    each: 'call',
    remedy: 'when the container starts',
  },
]

/** `channel.basic_consume(queue, on_message)`, `@bot.message_handler()`, `button.click(predict)`: a library calls it again and again. */
function subscribed(python: PythonModule): ElementFunction[] {
  const imported = [...python.imports]
  const found = new Map<Func, { each: string; remedy?: string }>()
  for (const one of subscriptions) {
    const { library, calls } = one
    if (!imported.some((name) => library.test(name))) continue
    for (const { name, receiver, method, expr } of python.calls) {
      if (!calls.test(method) || isOfOther(name ?? receiver, library)) continue
      for (const { value } of expr.args) {
        const func = value.type === 'name' || value.type === 'attribute' ? python.functionOf(value) : null
        if (func !== null && !found.has(func)) found.set(func, one)
      }
    }
    for (const func of python.functions)
      for (const decorator of func.node.decorators) {
        const callee = decorator.type === 'call' ? decorator.callee : decorator
        if (callee.type !== 'attribute' || !calls.test(callee.attr) || found.has(func)) continue
        const owner = python.nameOf(callee) ?? python.typeOf(callee.value)
        // A function of a container that is given nothing to work on is a job.
        const isJob = callee.attr === 'function' && func.node.params.length === 0
        if (!isOfOther(owner, library) && !atBeginning.test(func.name) && !isJob) found.set(func, one)
      }
  }
  return [...found].map(([func, { each, remedy }]) => ({
    func,
    each,
    remedy: remedy ?? 'when the module is imported, or behind a cache',
    // The module of a container is also imported where the container is not.
    once: remedy === undefined ? ('module' as const) : null,
    klass: null,
  }))
}

/** `@bot.event def on_ready()`: when the connection stands, rather than for each message. */
const atBeginning = /(^|_)(ready|start|startup|setup|init|connect|load|download|bake|warm)(_|$)/

/** The command of a command line, say, in a program that also sends messages. */
function isOfOther(owner: string | null, library: RegExp): boolean {
  return owner?.includes('.') === true && !library.test(owner)
}

function topLevel(python: PythonModule, name: string, params?: number): Func | undefined {
  return python.functions.find(
    (func) => func.qualified === name && (params === undefined || func.node.params.length === params),
  )
}
