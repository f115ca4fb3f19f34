/** Python 3 as a process that compiles texts and reads data; nothing of them is run. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { DataNode } from './data-difference.js'

const program = `
import ast, json, sys, warnings
warnings.simplefilter('ignore')
sys.setrecursionlimit(20000)
try:
    import tomllib
except ImportError:
    tomllib = None
try:
    import yaml
    loader = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)
except ImportError:
    yaml = None

def plain(value):
    if isinstance(value, dict):
        return {'map': [[str(key), plain(one)] for key, one in value.items()]}
    if isinstance(value, list):
        return {'list': [plain(one) for one in value]}
    plainly = isinstance(value, bool) or value is None
    word = json.dumps(value) if plainly else str(value)
    return {'scalar': word, 'type': type(value).__name__}

def from_yaml(text):
    documents = list(yaml.compose_all(text, Loader=loader))
    seen, shared = set(), {}
    def find(node):
        if id(node) in seen:
            shared.setdefault(id(node), len(shared))
            return
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                find(key)
                find(value)
        elif isinstance(node, yaml.SequenceNode):
            for one in node.value:
                find(one)
    written = set()
    def write(node):
        if id(node) in written:
            return {'alias': shared[id(node)]}
        if id(node) in shared:
            written.add(id(node))
        if isinstance(node, yaml.MappingNode):
            own = {'map': [[str(key.value), write(value)] for key, value in node.value]}
        elif isinstance(node, yaml.SequenceNode):
            own = {'list': [write(one) for one in node.value]}
        else:
            own = {'scalar': node.value, 'type': node.tag}
        if id(node) in shared:
            own['shared'] = shared[id(node)]
        return own
    for document in documents:
        if document is not None:
            find(document)
    empty = {'scalar': '', 'type': 'none'}
    marks = [type(token).__name__ + ' ' + str(token.value) for token in yaml.scan(text, Loader=loader)
             if isinstance(token, (yaml.AnchorToken, yaml.AliasToken, yaml.TagToken))]
    return {'data': {'list': [empty if one is None else write(one) for one in documents]}, 'marks': marks}

def answer(language, text):
    try:
        if language == 'python':
            ast.parse(text)
            return {}
        if language == 'yaml':
            return from_yaml(text) if yaml else {'problem': 'PyYAML is not installed', 'missing': True}
        if language == 'toml':
            if not tomllib:
                return {'problem': 'this Python has no tomllib', 'missing': True}
            return {'data': plain(tomllib.loads(text)), 'marks': []}
        return {'data': plain(json.loads(text)), 'marks': []}
    except Exception as error:
        return {'problem': str(error)}

for line in sys.stdin:
    language, text = json.loads(line)
    print(json.dumps(answer(language, text)), flush=True)
`

export interface PythonAnswer {
  /** Why Python cannot read it. */
  problem?: string
  /** True when this Python lacks the library for that language. */
  missing?: boolean
  data?: DataNode
  /** Anchors, aliases and tags of YAML, in order. */
  marks?: string[]
}

export class PythonProcess {
  private readonly process: ChildProcessWithoutNullStreams
  private readonly answers: AsyncIterator<string>

  constructor() {
    this.process = spawn('python3', ['-c', program])
    this.answers = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]()
  }

  /** Python: whether it compiles; YAML (by PyYAML), TOML and JSON: the data. */
  async read(language: 'python' | 'yaml' | 'toml' | 'json', text: string): Promise<PythonAnswer> {
    this.process.stdin.write(`${JSON.stringify([language, text])}\n`)
    const { value, done } = await this.answers.next()
    if (done === true) throw new Error('python3 has ended')
    return JSON.parse(value) as PythonAnswer
  }

  dispose(): void {
    this.process.stdin.end()
  }
}
