/** What libraries hand out as a network with its weights, and the methods that run it. Canonical names. */
import type { CallExpr, Expr } from '../syntax/python-ast.js'
import { byName } from '../text/by-name.js'
import { once } from '../text/once.js'
import type { PythonModule } from './module.js'

interface ReadyNetwork {
  makers: RegExp
  /** Methods that run it; calling the object itself does, too, unless `calls` is false. */
  methods: RegExp
  calls?: false
  /** Only with weights: these arguments ask for them. */
  asked?: RegExp
}

const table: readonly ReadyNetwork[] = [
  {
    makers:
      /^(transformers|diffusers|optimum|auto_gptq|awq|unsloth|adapters|peft)\.(\w+\.)*(?!\w*(Tokenizer|Processor|Config|Extractor|Scheduler)\w*\.)\w+\.from_pretrained$/,
    methods: /^(forward|generate|encode|decode|get_\w+_features|predict)$/,
  },
  { makers: /^transformers\.(\w+\.)*pipeline$|^modelscope\.(\w+\.)*pipeline$/, methods: /^predict$/ },
  {
    makers:
      /^(sentence_transformers\.(\w+\.)*(SentenceTransformer|CrossEncoder|SparseEncoder)|FlagEmbedding\.\w+|InstructorEmbedding\.INSTRUCTOR|colbert\.\w+|fastembed\.\w+|model2vec\.StaticModel\.from_pretrained)$/,
    methods: /^(encode\w*|predict|rank|embed|compute_score)$/,
    calls: false,
  },
  {
    makers: /^torchvision\.models\.(\w+\.)*[a-z]\w*$/,
    methods: /^(forward|features|forward_features)$/,
    asked: /weights\s*=|pretrained\s*=|True|["']/,
  },
  {
    makers:
      /^(timm\.(\w+\.)*create_model|pretrainedmodels\.\w+|efficientnet_pytorch\.EfficientNet\.from_pretrained)$/,
    methods: /^(forward|forward_features|extract_features)$/,
    asked: /pretrained|checkpoint/,
  },
  { makers: /^torch\.(hub|jit)\.load$/, methods: /^(forward\w*|get_intermediate_layers)$/ },
  {
    makers:
      /^(clip\.load|cn_clip\.(\w+\.)*load_from_name|open_clip\.create_model\w*|mobileclip\.create_model\w*)$/,
    methods: /^(forward|encode_image|encode_text)$/,
  },
  { makers: /^(esm|fair_esm)\.pretrained\.\w+$/, methods: /^forward$/ },
  {
    makers: /^(whisper|whisperx|stable_whisper|mlx_whisper)\.load_model$|^faster_whisper\.\w+$/,
    methods: /^(transcribe|encode|embed_audio|detect_language|align)$/,
    calls: false,
  },
  {
    makers: /^torchaudio\.pipelines\.\w+\.get_(model|tacotron2|vocoder|decoder)$/,
    methods: /^(extract_features|infer|forward)$/,
  },
  {
    makers: /^(speechbrain|nemo)\.(\w+\.)*(from_hparams|from_pretrained|restore_from)$/,
    methods:
      /^(encode_batch|classify_\w+|transcribe\w*|separate_\w+|get_embedding|enhance_\w+|generate_\w+)$/,
  },
  { makers: /^pyannote\.audio\.(\w+\.)*(from_pretrained|Inference)$/, methods: /^(crop|apply)$/ },
  {
    makers:
      /^(resemblyzer\.VoiceEncoder|laion_clap\.CLAP_Module|panns_inference\.\w+|openl3\.(\w+\.)*load_\w+|TTS\.api\.TTS|demucs\.pretrained\.get_model)$/,
    methods: /^(embed_\w+|inference|get_\w+_embedding\w*|tts\w*)$/,
  },
  {
    makers:
      /^(ultralytics\.(YOLO|RTDETR|SAM|FastSAM)|detectron2\.(\w+\.)*DefaultPredictor|segment_anything\.(\w+\.)*\w+|mmdet\.apis\.init_detector|mmpose\.apis\.init_model|rfdetr\.\w+|supervision\.\w+Model)$/,
    methods: /^(predict|track|set_image|generate|forward)$/,
  },
  {
    makers: /^(easyocr\.Reader|paddleocr\.\w+|doctr\.(\w+\.)*\w*predictor|keras_ocr\.pipeline\.Pipeline)$/,
    methods: /^(readtext\w*|ocr|predict|recognize)$/,
  },
  {
    makers:
      /^(facenet_pytorch\.(MTCNN|InceptionResnetV1)|mtcnn\.(\w+\.)*MTCNN|insightface\.(\w+\.)*(FaceAnalysis|get_model)|mediapipe\.(\w+\.)+(FaceMesh|Hands|Pose|Holistic|FaceDetection)|retinaface\.\w+|face_alignment\.FaceAlignment)$/,
    methods: /^(detect\w*|get|process|get_landmarks\w*|prepare|predict)$/,
  },
  { makers: /^(spacy\.load|stanza\.Pipeline|spacy_stanza\.load_pipeline)$/, methods: /^pipe$/ },
  { makers: /^flair\.(\w+\.)*(load|\w+Embeddings)$/, methods: /^(predict|embed)$/, calls: false },
  {
    makers: /^(onnxruntime\.InferenceSession|tritonclient\.\w+\.InferenceServerClient)$/,
    methods: /^run(_with_iobinding)?$/,
    calls: false,
  },
  {
    makers: /^(keras\.(models|saving)\.load_model|keras\.applications\.(\w+\.)*[A-Z]\w*)$/,
    methods: /^(predict\w*|call)$/,
  },
  { makers: /^(keras_hub|keras_nlp|keras_cv)\.(\w+\.)*from_preset$/, methods: /^(predict|generate|detect)$/ },
  {
    makers:
      /^(tensorflow\.saved_model\.load|tensorflow_hub\.(load|KerasLayer)|tensorflow\.lite\.Interpreter|tflite_runtime\.(\w+\.)*Interpreter)$/,
    methods: /^(invoke|predict)$/,
  },
  {
    makers: /^(vllm\.(\w+\.)*LLM|lmdeploy\.pipeline|sglang\.Engine)$/,
    methods: /^(generate|chat|encode|embed|classify|score)$/,
  },
  {
    makers:
      /^(llama_cpp\.Llama(\.from_pretrained)?|ctransformers\.(\w+\.)*from_pretrained|gpt4all\.GPT4All|exllamav2\.\w+)$/,
    methods: /^(create_\w+|generate|embed)$/,
  },
  {
    makers: /^(fasttext\.load_model|gensim\.downloader\.load)$/,
    methods: /^(predict|get_sentence_vector)$/,
    calls: false,
  },
  {
    makers:
      /^(fastai\.(\w+\.)*load_learner|allennlp\.(\w+\.)*from_path|paddle\.vision\.models\.[a-z]\w*|paddlenlp\.(\w+\.)*(Taskflow|from_pretrained)|mxnet\.gluon\.model_zoo\.(\w+\.)*get_model)$/,
    methods: /^(predict\w*|forward)$/,
  },
  {
    makers:
      /^(cv2\.dnn\.readNet\w*|openvino\.(\w+\.)*compile_model|rembg\.new_session|gfpgan\.GFPGANer|basicsr\.\w+|realesrgan\.\w+)$/,
    methods: /^(forward|enhance|infer\w*)$/,
  },
]

const entryOf = byName((name) => table.find(({ makers }) => makers.test(name)))

/** Whether such a call hands out a network with weights. @param given its arguments as they are written */
export function isReadyNetwork(name: string, given: string): boolean {
  const entry = entryOf(name)
  return entry !== undefined && (entry.asked === undefined || entry.asked.test(given))
}

/** Methods that hand back the object that they are called on. */
const returnsItself =
  /^(eval|to|cuda|cpu|half|float|bfloat16|requires_grad_|train|get_encoder|compile|share_memory)$/
const deepest = 6

/** The call that makes the network of an expression, through names, fields, moves and the parts of a tuple; null: none is seen. */
export function readyNetworkOf(python: PythonModule, expr: Expr, depth = 0): CallExpr | null {
  if (depth > deepest) return null
  if (expr.type === 'call') {
    const name = python.nameOf(expr.callee)
    if (name !== null) return isReadyNetwork(name, python.text.slice(expr.callee.end, expr.end)) ? expr : null
    const { callee } = expr
    return callee.type === 'attribute' && returnsItself.test(callee.attr)
      ? readyNetworkOf(python, callee.value, depth + 1)
      : null
  }
  const made = python.definition(expr)
  if (made !== expr) return readyNetworkOf(python, made, depth + 1)
  return firstOfTuple(python, expr, depth) ?? passedNetwork(python, expr, depth)
}

/** What the calls of a function pass for the parameter, where that is one thing. */
function passedNetwork(python: PythonModule, expr: Expr, depth: number): CallExpr | null {
  const values = expr.type === 'name' ? python.possible(expr) : null
  const [only, other] = values ?? []
  return only === undefined || other !== undefined || only === expr
    ? null
    : readyNetworkOf(python, only, depth + 1)
}

/** `model, preprocess = clip.load(…)`: what such calls hand out first is the network; also of `self.model`. */
function firstOfTuple(python: PythonModule, expr: Expr, depth: number): CallExpr | null {
  if (expr.type === 'name') {
    const bindings = python.bindingsOf(expr)
    const [only] = bindings
    return bindings.length === 1 && only!.kind === 'assign' && only!.unpack?.[0] === 0 && only!.value !== null
      ? readyNetworkOf(python, only!.value, depth + 1)
      : null
  }
  if (expr.type !== 'attribute') return null
  const value = firstParts(python).get(python.code.slice(expr.start, expr.end))
  return value === undefined ? null : readyNetworkOf(python, value, depth + 1)
}

/** Of `self.model, self.preprocess = …`: what the first field of each is a part of. */
function firstParts(python: PythonModule): ReadonlyMap<string, Expr> {
  return once(python, 'first parts of tuples', () => {
    const found = new Map<string, Expr>()
    for (const one of python.statements) {
      if (one.type !== 'assign' || one.value === null) continue
      for (const target of one.targets) {
        const [first] = target.type === 'tuple' || target.type === 'list' ? target.items : []
        if (first?.type === 'attribute') found.set(python.code.slice(first.start, first.end), one.value)
      }
    }
    return found
  })
}

/** `model(x)`, `clip.encode_image(x)`: the call runs a network that a library hands out with its weights; gives what makes it. */
export function readyNetworkRun(python: PythonModule, { callee }: CallExpr): CallExpr | null {
  if (callee.type === 'attribute') {
    const made = readyNetworkOf(python, callee.value)
    const entry = made === null ? undefined : entryOf(python.nameOf(made.callee) ?? '')
    if (entry !== undefined) return entry.methods.test(callee.attr) ? made : null
  }
  if (callee.type !== 'name' && callee.type !== 'attribute') return null
  const made = readyNetworkOf(python, callee)
  return made !== null && entryOf(python.nameOf(made.callee) ?? '')?.calls !== false ? made : null
}
