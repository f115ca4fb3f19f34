/**
 * Families of models by size: the largest ones, and the sibling that is tried first. Parameters as the model cards and
 * the libraries' own tables give them, rounded.
 */

export interface Sibling {
  parameters: number
  smaller: { id: string; parameters: number }
}

const million = 1e6

/** Ids of the Hugging Face hub, with or without their owner. */
const hub: [RegExp, number, string, number][] = [
  [/(^|\/)bert-large-(un)?cased/, 335, 'bert-base-uncased', 110],
  [/(^|\/)roberta-large$/, 355, 'roberta-base', 125],
  [/(^|\/)xlm-roberta-large$/, 560, 'xlm-roberta-base', 278],
  [/(^|\/)xlm-roberta-xl$/, 3480, 'xlm-roberta-base', 278],
  [/(^|\/)xlm-roberta-xxl$/, 10_700, 'xlm-roberta-base', 278],
  [/(^|\/)deberta-v3-large$/, 435, 'microsoft/deberta-v3-base', 184],
  [/(^|\/)deberta-v2-xlarge/, 900, 'microsoft/deberta-v3-base', 184],
  [/(^|\/)deberta-v2-xxlarge/, 1500, 'microsoft/deberta-v3-base', 184],
  [/(^|\/)deberta-large$/, 406, 'microsoft/deberta-base', 139],
  [/(^|\/)electra-large-discriminator$/, 335, 'google/electra-base-discriminator', 110],
  [/(^|\/)albert-xxlarge-v\d$/, 223, 'albert-base-v2', 12],
  [/(^|\/)xlnet-large-cased$/, 360, 'xlnet-base-cased', 117],
  [/(^|\/)longformer-large-4096$/, 435, 'allenai/longformer-base-4096', 149],
  [/(^|\/)ModernBERT-large$/, 395, 'answerdotai/ModernBERT-base', 149],
  [/(^|\/)flan-t5-xxl$/, 11_300, 'google/flan-t5-base', 248],
  [/(^|\/)flan-t5-xl$/, 2850, 'google/flan-t5-base', 248],
  [/(^|\/)vit-large-patch16-224/, 304, 'google/vit-base-patch16-224', 86],
  [/(^|\/)vit-huge-patch14-224/, 632, 'google/vit-base-patch16-224', 86],
  [/(^|\/)swin-large-/, 197, 'microsoft/swin-tiny-patch4-window7-224', 28],
  [/(^|\/)beit-large-/, 304, 'microsoft/beit-base-patch16-224', 86],
  [/(^|\/)convnext-(x?large)-/, 198, 'facebook/convnext-tiny-224', 29],
  [/(^|\/)dinov2-giant/, 1137, 'facebook/dinov2-base', 87],
  [/(^|\/)dinov2-large/, 304, 'facebook/dinov2-base', 87],
  [/(^|\/)deberta-xlarge/, 750, 'microsoft/deberta-base', 139],
  [/(^|\/)bigbird-roberta-large$/, 355, 'google/bigbird-roberta-base', 128],
  [/(^|\/)funnel-transformer\/xlarge/, 468, 'funnel-transformer/small', 131],
  [/(^|\/)swinv2-large-/, 197, 'microsoft/swinv2-tiny-patch4-window8-256', 28],
  [/(^|\/)(videomae|timesformer)-large/, 304, 'MCG-NJU/videomae-base', 87],
  [/(^|\/)whisper-large/, 1550, 'openai/whisper-small', 244],
  [/(^|\/)wav2vec2-large/, 317, 'facebook/wav2vec2-base', 95],
  [/(^|\/)hubert-(x?large)/, 317, 'facebook/hubert-base-ls960', 95],
]

/** Names of torchvision, timm, Keras Applications and Ultralytics. */
const names: [RegExp, number, string, number][] = [
  [/^resnet152(v2)?$/i, 60, 'resnet50', 26],
  [/^efficientnet_?b7$/i, 66, 'efficientnet_b0', 5.3],
  [/^efficientnet_v2_l$/, 119, 'efficientnet_v2_s', 21],
  [/^vit_h_14$/, 632, 'vit_b_16', 87],
  [/^vit_l_(16|32)$/, 304, 'vit_b_16', 87],
  [/^convnext_(x?large)/i, 198, 'convnext_tiny', 29],
  [/^ConvNeXt(X?Large)$/, 198, 'ConvNeXtTiny', 29],
  [/^NASNetLarge$/, 89, 'NASNetMobile', 5.3],
  [/^regnet_y_128gf$/, 645, 'regnet_y_3_2gf', 19],
  [/^EfficientNetV2L$/, 119, 'EfficientNetV2B0', 7.2],
  [/^(tf_)?efficientnetv2_(l|xl)\b/, 119, 'efficientnetv2_s', 21],
  [/^(tf_)?efficientnet_(b8|l2)\b/, 87, 'efficientnet_b0', 5.3],
  [/^RegNet[XY]320$/, 145, 'RegNetY032', 19],
  [/^(ResNet|SEResNe[Xx]t|SENet)(152|154)$/, 60, 'ResNet50', 26],
  [/^DenseNet(201|264)$/i, 20, 'DenseNet121', 8],
  [/^(resnext101_(32x8d|32x16d|64x4d)|wide_resnet101_2)$/, 89, 'resnext50_32x4d', 25],
  [/^(eva02?|beit|deit3?|maxvit|coatnet)_(giant|huge|xlarge|large)/, 305, 'vit_base_patch16_224', 87],
  [/^vit_(huge|giant|gigantic|so400m)_/, 632, 'vit_base_patch16_224', 87],
  [/^maxvit_(x?large)/, 212, 'maxvit_tiny_tf_224', 31],
  [/^vit_large_patch/, 304, 'vit_base_patch16_224', 87],
  [/^swin_large_/, 197, 'swin_tiny_patch4_window7_224', 28],
  [/^yolov8x\.pt$/, 68, 'yolov8s.pt', 11],
  [/^yolo11x\.pt$/, 57, 'yolo11s.pt', 9.4],
  [/^yolov5xu?\.pt$/, 87, 'yolov5su.pt', 9.1],
]

function find(table: typeof hub, id: string): Sibling | null {
  const row = table.find(([pattern]) => pattern.test(id))
  if (row === undefined) return null
  const [, parameters, smaller, least] = row
  return { parameters: parameters * million, smaller: { id: smaller, parameters: least * million } }
}

export const siblingOnHub = (id: string): Sibling | null => find(hub, id)
export const siblingByName = (name: string): Sibling | null => find(names, name)

/** Smaller members of families, models made small on purpose, and learners that need no accelerator. */
export const smallerModels =
  /distil|[-_/](base|small|tiny|mini|medium|nano)\b|(^|\W)resnet(18|34|50|101)\b|ResNet(50|101)|efficientnet_?b[0-5]|mobilenet|vit_b_|vgg1|yolo(v\d+|11)[nsm]\b|LogisticRegression|LinearSVC|SGDClassifier|RandomForest|NaiveBayes|MultinomialNB|BernoulliNB|TfidfVectorizer|xgboost|lightgbm|catboost|fasttext|DummyClassifier|baseline/i
