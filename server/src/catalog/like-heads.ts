/**
 * Detectors and networks for segmentation of which one on record, on the same backbone, computes about as much: they differ
 * in what they predict, in how boxes and objects are matched, or in a small module. Sources: the tables of mmdetection and
 * mmsegmentation, where they lie within a tenth of each other, and of the memory of training.
 */
import { lookUp } from '../text/records.js'

/** What stands in a name for the head, and what computes as much. */
const heads: [head: RegExp, like: string][] = [
  // One stage, without anchors.
  [
    /\b(gfl(v2)?|generali[sz]ed focal( loss)?|vfnet|varifocalnet|tood|paa|foveabox|fsaf|reppoints(v2)?|ddod|autoassign|ld|centernet2|borderdet)\b/i,
    'ATSS',
  ],
  [/\b(free-?anchor|ghm|pisa[- ]retinanet|nas-?fpn)\b/i, 'RetinaNet'],
  [
    /\b(mask[- ]scoring r[- ]?cnn|ms r[- ]?cnn|pointrend|boxinst|condinst|blendmask|solov2(-light)?|panoptic[- ]fpn|carafe mask r[- ]?cnn)\b/i,
    'Mask R-CNN',
  ],
  [
    /\b(libra|dynamic|grid|double[- ]head|seesaw|sabl|guided[- ]anchoring|ga|gn\+?ws|pisa|groie|carafe|crpn|soft-nms)[- ](?=(faster|mask|cascade|retinanet))/i,
    '',
  ],
  [/\b(libra|dynamic|grid|double[- ]head)[- ]r[- ]?cnn\b/i, 'Faster R-CNN'],
  [/\b(sabl|guided[- ]anchoring|pisa)\b/i, 'Faster R-CNN'],
  // Boxes that are turned.
  [/\b(oriented|rotated) r[- ]?cnn\b|\b(roi[- ]trans(former)?|gliding[- ]vertex)\b/i, 'Faster R-CNN'],
  [/\b(s2a-?net|r3det)\b/i, 'RetinaNet'],
  [/\b(oriented|rotated)[- ](?=\w)/i, ''],
  // Proposals are given, which is a tenth less.
  [/\bfast r[- ]?cnn\b/i, 'Faster R-CNN'],
  [/\bqueryinst\b/i, 'Sparse R-CNN'],
  [/\bdn-(?:deformable-)?detr\b/i, 'DAB-DETR'],
  [/\bco-(?:dino|detr)\b/i, 'DINO-DETR'],
  [/\boneformer\b/i, 'Mask2Former'],
  // A module of context behind a ResNet that keeps an eighth of the resolution.
  [
    /\b(ocrnet|ccnet|danet|encnet|gcnet|non-?local( net)?|psanet|ann|apcnet|dmnet|dnlnet|emanet|isanet|fastfcn|icnet)(?=.*\br(es)?(net)?-?\d)/i,
    'PSPNet',
  ],
]

const swins: Record<string, string> = {
  t: 'Swin-T',
  s: 'Swin-S',
  b: 'Swin-B',
  tiny: 'Swin-T',
  small: 'Swin-S',
  base: 'Swin-B',
}

/** The same with a head, or a backbone, that is on record. */
export function withKnownHead(name: string): string[] {
  const found: string[] = []
  for (const [head, like] of heads)
    if (head.test(name)) found.push(name.replace(head, like).replace(/\s+/g, ' ').trim())
  const plain = [name, ...found]
  // ConvNeXts were made to compute what Swin Transformers do.
  const converted = plain.map((one) =>
    one.replace(
      /\bconvnext[- ](t|s|b|tiny|small|base)\b/i,
      (_, size: string) => lookUp(swins, size.toLowerCase())!,
    ),
  )
  // Modules within the backbone: deformable convolutions, attention, norms of groups.
  const modules = converted.map((one) =>
    one
      .replace(
        /[- +(]*\b(m?dconv(\([^)]*\))?|dcn(v2)?|deformable conv(olutions?)?|deform(able)?|gn\+?ws|gn|syncbn|caffe|\d+x\s|ms[- ]?train|mstrain)\b\)?/gi,
        ' ',
      )
      .trim(),
  )
  return [...new Set([...found, ...converted, ...modules])].filter((one) => one !== name)
}
