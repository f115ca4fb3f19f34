/**
 * Models that were trained on other data, or for another purpose, than one of the same layers that is on record: a patent
 * BERT computes what BERT computes. Vocabularies differ, which changes the memory by a few per cent.
 */
import { lookUp } from '../text/records.js'

/** Ends of names that tell what the weights were trained for last. */
const purposes =
  /[-_](finetuned?|ft|mnli|xnli|snli|sst-?2|squad\d?|mrpc|qqp|stsb|conll\d*|ner|pos|qa|sentiment|emotion|hate|toxic|english|german|french|spanish|chinese|japanese|korean|portuguese|italian|russian|arabic|dutch|polish|turkish)\b.*$/i
/** timm's name of the weights behind that of the network: `.augreg_in21k`, `_in22ft1k`, `_ns`. */
const weights = /\.[a-z]\w+$|_(ns|ap|jft|bit|bitm|miil|ssl|swsl|in\d+k|in22ft1k)$/
/** What a distillation, or another head, adds. */
const heads = /-(22k|21k|1k)(?=-|$)|-(distilled|pt\d+k|ft\d+k|in\d+k)(?=-|$)|[-_]reg$|-with-registers/gi

const letters: Record<string, string> = { s: 'small', b: 'base', l: 'large', g: 'giant' }

const families: [pattern: RegExp, known: (match: RegExpExecArray) => string][] = [
  [/dinov2[-_]vit([sblg])14/, ([, size]) => `facebook/dinov2-${lookUp(letters, size!)}`],
  [/dino(?:v3)?[-_]vit([sbl])(8|16)/, ([, size, patch]) => `vit_${lookUp(letters, size!)}_patch${patch}_224`],
  [/codet5p?[-_](?:220m|base)/, () => 't5-base'],
  [/codet5p?[-_](?:770m|large)/, () => 't5-large'],
  [/codet5[-_]small/, () => 't5-small'],
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
    /(?:^|[-_/])(?:macbert|ernie-[\d.]+(?:-\w+)?|layoutlm(?:v[23])?)-(base|large)/,
    ([, size]) => `bert-${size}-uncased`,
  ],
  [/mms-300m/, () => 'facebook/wav2vec2-xls-r-300m'],
  [/umt5-(small|base)/, ([, size]) => `google/mt5-${size}`],
  [/data2vec-vision-(base|large)/, ([, size]) => `beit_${size}_patch16_224`],
  [/convnextv2-(tiny|base|large|huge)/, ([, size]) => `convnextv2_${size}`],
  [
    /swinv2-(tiny|small|base)-patch4-window(\d+)-(\d+)/,
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
    name.replace(purposes, ''),
    name.replace(purposes, '').replace(heads, ''),
  ]
  const lower = name.toLowerCase()
  const family = families.flatMap(([pattern, known]) => {
    const match = pattern.exec(lower)
    return match === null ? [] : [known(match)]
  })
  return [...new Set([...plain, ...family])].filter((one) => one !== name && one !== '')
}
