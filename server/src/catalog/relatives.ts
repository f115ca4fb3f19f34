/**
 * Models that were trained on other data, or for another purpose, than one of the same layers that is on record: a patent
 * BERT computes what BERT computes. Vocabularies differ, which changes the memory by a few per cent.
 */
import { lookUp } from '../text/records.js'
import { withKnownHead } from './like-heads.js'

/** Ends of names that tell what the weights were trained for last. */
const purposes =
  /[-_](finetuned?|ft|mnli|xnli|snli|sst-?2|squad\d?|mrpc|qqp|stsb|conll\d*|ner|pos|qa|sentiment|emotion|hate|toxic|english|german|french|spanish|chinese|japanese|korean|portuguese|italian|russian|arabic|dutch|polish|turkish)\b.*$/i
/** timm's name of the weights behind that of the network: `.augreg_in21k`, `_in22ft1k`, `_ns`. */
const weights = /\.[a-z]\w+$|_(ns|ap|jft|bit|bitm|miil|ssl|swsl|in\d+k|in22ft1k)$/
/** What a distillation, or another head, adds. */
const heads = /-(22k|21k|1k)(?=-|$)|-(distilled|pt\d+k|ft\d+k|in\d+k)(?=-|$)|[-_]reg$|-with-registers/gi

const letters: Record<string, string> = {
  ti: 'tiny',
  t: 'tiny',
  s: 'small',
  b: 'base',
  l: 'large',
  h: 'huge',
  g: 'giant',
}
/** Layers of ESM-2, which its names count, by millions of weights. */
const proteins: Record<string, string> = {
  '8m': 't6_8M',
  '35m': 't12_35M',
  '150m': 't30_150M',
  '650m': 't33_650M',
  '3b': 't36_3B',
}
/** What of GPT-3 its paper calls so. */
const thirds: Record<string, string> = {
  small: '125M',
  medium: '350M',
  large: '760M',
  xl: '1.3B',
  '': '175B',
}
/** Of models that come in one size, or of which one is meant without more. */
const alone: [name: RegExp, known: string][] = [
  [/^rn-?50$/, 'resnet50'],
  [/^siglip2?([- ]base|[- ]b\/16)?$/, 'open_clip/ViT-B-16-SigLIP'],
  [/^r\(2\+1\)d([- ]?(18|34))?$/, 'torchvision/r2plus1d_18'],
  [/^swinv2-(t|tiny)$/, 'swinv2_tiny_window8_256'],
  [/^swinv2-(s|small)$/, 'swinv2_small_window8_256'],
  [/^swinv2-(b|base)$/, 'swinv2_base_window8_256'],
  [/^(instructblip|minigpt-?4)$/, 'llava-hf/llava-1.5-7b-hf'],
  [/^dnabert(-?2)?$/, 'bert-base-uncased'],
  [/^codeparrot$/, 'gpt2-xl'],
  [/^rn-?101$/, 'resnet101'],
  [/^sd-?15$|^sd v1-5$/, 'Stable Diffusion v1.5'],
  [/^sd-?21$/, 'Stable Diffusion 2'],
  [/^vits[- ](tts|ljspeech)/, 'hifigan_v1'],
  [/^minicpm-llama3-v/, 'meta-llama/Meta-Llama-3-8B'],
  [/^minicpm-v[- ]2\.6/, 'Qwen/Qwen2-7B'],
  [/^mbert$/, 'bert-base-multilingual-cased'],
  [
    /^(sci|bio|clinical|legal|fin|nomic|crammed|ko|her|flau|s|arab|parsbert|rubert|mat|chem|pubmed)-?bert$/,
    'bert-base-uncased',
  ],
  [/^tinybert$/, 'huawei-noah/TinyBERT_General_4L_312D'],
  [/^phobert$/, 'roberta-base'],
  [/^barthez$/, 'facebook/bart-base'],
  [/^pegasus$/, 'google/pegasus-large'],
  [/^mbart-?(50)?$/, 'facebook/mbart-large-50'],
  [/^nllb(-200)?[- ](distilled[- ])?600m$/, 'facebook/nllb-200-distilled-600M'],
  [/^marian(mt)?\b/, 'Helsinki-NLP/opus-mt-en-de'],
  [/^gpt-?j$/, 'EleutherAI/gpt-j-6b'],
  [/^(nanogpt|mingpt)$/, 'gpt2'],
  [/^alpaca-?lora$/, 'LLaMA-7B'],
  [/^openhermes(?:[- ][\d.]+)?$/, 'mistralai/Mistral-7B-v0.1'],
  [/^mistral[- ]nemo$/, 'mistralai/Mistral-Nemo-Base-2407'],
  [/^chatglm3$/, 'THUDM/chatglm3-6b'],
  [/^command[- ]r$/, 'CohereForAI/c4ai-command-r-v01'],
  [/^smollm3$/, 'HuggingFaceTB/SmolLM3-3B'],
  [/^(openvla|llava-next|llava-1\.6)$/, 'llava-hf/llava-1.5-7b-hf'],
  [/^xlm-r(oberta)?[- ]xl$/, 'facebook/xlm-roberta-xl'],
  [/^wav2vec2-xlsr-53$|^xls-r[- ]300m$|^hubert[- ]large/, 'facebook/wav2vec2-large-xlsr-53'],
  [/^distil-?whisper$/, 'openai/whisper-large-v3-turbo'],
  [/^(conformer[- ](ctc[- ]large|transducer)|e?-?branchformer)/, 'Conformer-L'],
  [/^zipformer/, 'Conformer-M'],
  [/^prott5/, 't5-3b'],
  [/^lenet$/, 'LeNet-5'],
  [/^resnet50[-_]vd$/, 'resnet50d'],
  [/^resnet101[-_]vd$/, 'resnet101d'],
  [/^(mobilenet_?v1|mobilenet)$/, 'mobilenetv1_100'],
  [/^mobilenet_?v3_large_x1_0$/, 'mobilenet_v3_large'],
  [/^codegpt[-_ ]small/, 'gpt2'],
  [/^mdeberta$/, 'microsoft/mdeberta-v3-base'],
  [/^(bge|e5)-base(-v2)?$|^multilingual-e5-base$/, 'bert-base-uncased'],
  [/^(bge|e5)-large(-v2)?$/, 'bert-large-uncased'],
  [/^(simcse|sentence-?bert)/, 'bert-base-uncased'],
  [/^(megatron(-lm)? )?bert (340|345)m$/, 'bert-large-uncased'],
  [/^gpt4all-j/, 'EleutherAI/gpt-j-6b'],
  [/^(ernie|nezha)[- ]?(\d\.\d)?[- ]?base/, 'bert-base-uncased'],
  [/^roberta-wwm-ext$/, 'bert-base-uncased'],
  [/^bytetrack/, 'YOLOX-X'],
  [/^t5x?[- ]base$/, 't5-base'],
  [/^swin-b[- ]384$/, 'swin_base_patch4_window12_384'],
  [/^deit-base$/, 'deit_base_patch16_224'],
  [/^deit-ti$/, 'deit_tiny_patch16_224'],
  [/^vit[- ]large\/16$/, 'ViT-L/16'],
  [/^dlrm[- ]small$/, 'DLRM'],
  [/^clip rn50$/, 'open_clip/RN50'],
  [/^siglip so400m/, 'open_clip/ViT-SO400M-14-SigLIP'],
  [/^eva-?02-l/, 'eva02_large_patch14_448'],
  [/^mnasnet-?a1$/, 'mnasnet1_0'],
  [/^pp-yoloe\+/, 'ppyoloe-s'],
  [/^dinov2 vit-g\/14/, 'timm/vit_giant_patch14_dinov2'],
  [/^paligemma$/, 'PaliGemma 3B'],
  [/^idefics2$/, 'Idefics2 8B'],
  [/^cogvlm$/, 'CogVLM 17B'],
  [/^blip-?2$/, 'BLIP-2 OPT-2.7B'],
  [/^minicpm$/, 'MiniCPM 2.7B'],
]
/** Ways to train a diffusion model, or to add to one, that compute what it computes. */
const additions =
  /\b(controlnet|t2i-?adapter|ip-?adapter|instruct-?pix2pix|textual[- ]inversion|dream-?booth|custom[- ]diffusion|lcm|latent consistency( models?| distillation)?|text[- _]to[- _]image)\b/i

const families: [pattern: RegExp, known: (match: RegExpExecArray) => string][] = [
  // timm counts hundred millions of products: 'RegNetX-8.0GF', 'RegNetY-200MF'.
  [
    /^regnet[-_ ]?([xy])[-_ ]?(\d+(?:\.\d+)?)\s?([mg])f$/,
    ([, kind, size, unit]) =>
      `regnet${kind}_${String(Math.round(Number(size) * (unit === 'g' ? 10 : 0.01))).padStart(3, '0')}`,
  ],
  [/^yolo[- ]?v?(\d+)[- ](nano|small|medium|large)$/, ([, version, size]) => `yolov${version}${size![0]}`],
  [/^vit[-_ ](tiny|small|base|large)[-_ ](\d{3})$/, ([, size, edge]) => `vit_${size}_patch16_${edge}`],
  [/^stable-diffusion-v?(\d)-\d$/, ([, version]) => `Stable Diffusion ${version === '1' ? 'v1.5' : version}`],
  // Backbones as OpenMMLab and pycls write them.
  [/^r-?(18|34|50|101|152)(?:-1x64d)?$/, ([, layers]) => `resnet${layers}`],
  [
    /^x-?(50|101)[-_ ](32|64)x([48])d$/,
    ([, layers, groups, width]) => `resnext${layers}_${groups}x${width}d`,
  ],
  [/^esm-?2[-_ ](\d+[mb])$/, ([, size]) => `facebook/esm2_${lookUp(proteins, size!) ?? size}_UR50D`],
  [/^gpt-?3(?:[- ](small|medium|large|xl))?$/, ([, size]) => `GPT-3 ${lookUp(thirds, size ?? '')}`],
  [/^chronos-t5[- (]+(small|base|large)/, ([, size]) => `t5-${size}`],
  [
    /^sd[- ]?v?(1\.[45]|2(?:\.[01])?)/,
    ([, version]) => `Stable Diffusion ${version!.startsWith('2') ? '2' : `v${version}`}`,
  ],
  [
    /^swin[- ]transformer[- ](v2[- ])?(tiny|small|base|large)/,
    ([, second, size]) => `Swin${second === undefined ? '' : 'V2'}-${size![0]!.toUpperCase()}`,
  ],
  [/^dinov2[-_ ]vit[-_ ]([sblg])[/_ -]?14/, ([, size]) => `facebook/dinov2-${lookUp(letters, size!)}`],
  [
    /^vit[-_ ](tiny|small|base|large|huge)[-_ /]*(?:patch)?(8|14|16|32)(?:[-_ ](\d{3}))?$/,
    ([, size, patch, edge]) => `vit_${size}_patch${patch}_${edge ?? '224'}`,
  ],
  [/^deit[-_ ](tiny|small|base)(?:[-_ ]?(?:patch)?16)?$/, ([, size]) => `deit_${size}_patch16_224`],
  [/^vit-(ti|[sblhg])\/(\d+)$/, ([, size, patch]) => `vit_${lookUp(letters, size!)}_patch${patch}_224`],
  [/^deit-(ti|[sb])(?: distilled|\/16)/, ([, size]) => `deit_${lookUp(letters, size!)}_patch16_224`],
  [/^deit[- ](?:iii|3)[- ]([sbl])/, ([, size]) => `deit3_${lookUp(letters, size!)}_patch16_224`],
  [/^beit[- ]?v?2?[- ](base|large)/, ([, size]) => `beit_${size}_patch16_224`],
  [
    /^rt-?detrv2-([slmx])/,
    ([, size]) => `ultralytics/rtdetr-r${size === 's' ? 18 : size === 'x' ? 101 : 50}`,
  ],
  [/^pp-yoloe\+[-_ ]?([smlx])$/, ([, size]) => `ppyoloe-${size}`],
  [/^prott5.*xxl/, () => 't5-11b'],
  [
    /^(?:simcse|sentence-?bert).*?(roberta[-_ ])?(base|large)\b/,
    ([, robust, size]) => (robust === undefined ? `bert-${size}-uncased` : `roberta-${size}`),
  ],
  [/^dinov3-convnext-(tiny|small|base|large)/, ([, size]) => `convnext_${size}`],
  [/dinov2[-_]vit([sblg])14/, ([, size]) => `facebook/dinov2-${lookUp(letters, size!)}`],
  [/dino(?:v3)?[-_]vit([sbl])(8|16)/, ([, size, patch]) => `vit_${lookUp(letters, size!)}_patch${patch}_224`],
  [/codet5p?[-_](?:220m|base)/, () => 't5-base'],
  [/codet5p?[-_](?:770m|large)/, () => 't5-large'],
  [/codet5[-_]small/, () => 't5-small'],
  [/^(?:graph)?codebert$/, () => 'roberta-base'],
  [/(?:graph)?codebert[-_]base|unixcoder[-_]base|phobert[-_]base/, () => 'roberta-base'],
  [/phobert[-_]large/, () => 'roberta-large'],
  [/bart[-_]large/, () => 'facebook/bart-large'],
  [/bart[-_]base/, () => 'facebook/bart-base'],
  [/(?:^|[-_/])distilbert(?![a-z])/, () => 'distilbert/distilbert-base-uncased'],
  [/distil-large-v[23]/, () => 'openai/whisper-large-v3-turbo'],
  [/(?:wavlm|unispeech(?:-sat)?|data2vec-audio|wav2vec2)[-_]base/, () => 'facebook/wav2vec2-base'],
  [/(?:wavlm|unispeech(?:-sat)?|data2vec-audio|wav2vec2)[-_]large/, () => 'facebook/wav2vec2-large-960h'],
  [/siglip2?[-_]base[-_]patch16/, () => 'open_clip/ViT-B-16-SigLIP'],
  [/siglip2?[-_]so400m[-_]patch14/, () => 'open_clip/ViT-SO400M-14-SigLIP'],
  [
    /clip[-_]vit[-_]([bl])[-_](14|16|32)/,
    ([, size, patch]) => `open_clip/ViT-${size!.toUpperCase()}-${patch}`,
  ],
  [/clip[-_]vit[-_]h[-_]14/, () => 'open_clip/ViT-H-14'],
  [/resnet(50|101|152)v2$/, ([, layers]) => `resnet${layers}`],
  [/paraphrase-multilingual-mpnet-base/, () => 'sentence-transformers/all-mpnet-base-v2'],
  [
    /gte[-_](base|large)|nomic-embed-text|jina-embeddings-v2-base/,
    ([, size]) => `bert-${size ?? 'base'}-uncased`,
  ],
  [/colbert/, () => 'bert-base-uncased'],
  [/minilm-l-?(6|12)(?!\d)/, ([, layers]) => `sentence-transformers/all-MiniLM-L${layers}-v2`],
  [/all-distilroberta/, () => 'distilbert/distilroberta-base'],
  [/bge-(?:m3|reranker-v2-m3)|jina-embeddings-v3/, () => 'FacebookAI/xlm-roberta-large'],
  [/bertweet-(base|large)|(?:^|[-_/])luke-(base|large)/, ([, tweets, words]) => `roberta-${tweets ?? words}`],
  [
    /(?:^|[-_/])(?:macbert|ernie-[\d.]+(?:-\w+)?|layoutlm)-(base|large)/,
    ([, size]) => `bert-${size}-uncased`,
  ],
  [/mms-300m/, () => 'facebook/wav2vec2-xls-r-300m'],
  [/umt5-(small|base)/, ([, size]) => `google/mt5-${size}`],
  [/data2vec-vision-(base|large)/, ([, size]) => `beit_${size}_patch16_224`],
  [/convnextv2-(tiny|base|large|huge)/, ([, size]) => `convnextv2_${size}`],
  [
    /swinv2-(tiny|small|base|large)-patch4-window(\d+)-(\d+)/,
    ([, size, window, edge]) => `swinv2_${size}_window${window}_${edge}`,
  ],
  [/xlnet-(base|large)/, ([, size]) => `bert-${size}-uncased`],
  // Many languages and trades have a BERT of their own: 'legal-bert-base', 'PubMedBERT-base', 'chinese-roberta-wwm-ext'.
  [/(?:^|[-_/])(?:\w+-)*roberta-(base|large)/, ([, size]) => `roberta-${size}`],
  [
    /chinese-(?:roberta|bert)-wwm-ext(-large)?/,
    ([, large]) => `bert-${large === undefined ? 'base' : 'large'}-uncased`,
  ],
  [
    /(?:^|[-_/]|pubmed|bio|legal|sci|fin|german|arabic|ruke?)bert[-_](?:\w+-)*?(base|large)/,
    ([, size]) => `bert-${size}-uncased`,
  ],
]

/** Names under which the same layers may be on record, the nearest first. */
export function relatives(name: string): string[] {
  const plain = [
    name.replace(weights, ''),
    name.replace(weights, '').replace(weights, ''),
    name.replace(heads, ''),
    // Names of timm before 2023, which told where the weights came from.
    name.replace(/^(gluon|swsl|ssl|tv|adv|ens_adv|jx|ig|legacy)_/, '').replace(/_v1[bcds]$/, ''),
    name
      .replace(/^(tf|ens_adv_inception)_/, '')
      .replace(/_in\d+(ft1)?k$|_dist(illed)?(?=_|$)|_miil$|_sam$|_bitm?$/g, ''),
    name.replace(purposes, ''),
    name.replace(purposes, '').replace(heads, ''),
    // 'ResNet50v1.5', 'MobileNetV2 1.0', 'ReID ResNet-50', 'Transformer base WMT14'
    name.replace(/(\d)v1(\.5|b|d)?$/i, '$1'),
    name.replace(/[- ]1\.0x?$/, ''),
    name.replace(/^re-?id\s+/i, ''),
    name.replace(/[- (]+(wmt|iwslt)[-' ]?\d*.*$/i, ''),
    ...withKnownHead(name),
  ]
  if (additions.test(name)) {
    const rest = name
      .replace(additions, ' ')
      .replace(/[()\s]+/g, ' ')
      .trim()
    plain.push(rest === '' || /^(lora|sd)$/i.test(rest) ? 'Stable Diffusion v1.5' : rest)
    plain.push(...relatives(rest))
  }
  const lower = name.toLowerCase()
  const tail = lower.slice(lower.indexOf('/', 1) + 1)
  const single = alone.flatMap(([pattern, known]) =>
    pattern.test(tail) || pattern.test(lower) ? [known] : [],
  )
  const family = families.flatMap(([pattern, known]) => {
    const match = pattern.exec(lower) ?? pattern.exec(tail)
    return match === null ? [] : [known(match)]
  })
  // A size that the name says comes before the usual one.
  return [...new Set([...plain, ...family, ...single])].filter((one) => one !== name && one !== '')
}
