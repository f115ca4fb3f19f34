/** Keys that the rules of `model/` judge. */

import type { RuleKeys } from '../rule-keys.js'

export const model: Readonly<Record<string, RuleKeys>> = {
  'model/enlarged-pictures': {
    others: [
      ['torchvision', '`Resize`, `RandomResizedCrop`, `CenterCrop`'],
      ['TensorFlow, Keras', '`tf.image.resize(…)`, `Resizing(…)`'],
      ['OpenCV', '`cv2.resize(…)`'],
    ],
  },
  'model/from-scratch': {
    others: [
      ['torchvision', '`weights`', 'none'],
      ['timm', '`pretrained`', 'false'],
      ['segmentation_models_pytorch', '`encoder_weights`', '`imagenet`'],
      ['Keras Applications', '`weights`', '`imagenet`'],
      ['Transformers', '`from_config(…)`'],
      ['Ultralytics', '`YOLO("….yaml")`'],
    ],
  },
  'model/frozen-backbone-recomputed': {
    others: [
      ['PyTorch, Transformers', '`requires_grad_(False)`, `param.requires_grad = False`'],
      ['Keras', '`trainable = False`'],
    ],
  },
  'model/full-finetune': {
    others: [
      ['TRL', '`peft_config`', 'none'],
      ['Transformers', '`get_peft_model(…)`'],
    ],
  },
  'model/no-baseline': {
    others: [
      ['Transformers, timm, torchvision', 'the name of the model'],
      ['Keras Applications, Ultralytics', 'the name of the model'],
    ],
  },
  'model/optimizer-state': { settings: ['Training.optimizer'], readers: ['huggingface-trainer'] },
  'model/unquantized-serving': {
    others: [
      ['vLLM', '`--quantization`, `LLM(quantization=…)`', 'none'],
      ['Text Generation Inference', '`--quantize`', 'none'],
      ['SGLang', '`--quantization`', 'none'],
    ],
  },
}
