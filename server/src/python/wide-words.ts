/** Words by which a reader of the code knows that its networks are wide: what they learn from, and what published networks are called. */

const words = new RegExp(
  [
    // Pictures, sound and texts, also as a part of a name: `train_images`, `ImageFolder`.
    '(?<![A-Za-z])(?:images?|imgs?|photos?|photographs?|pictures?|videos?|voxels?|pixel_values|spectrograms?|mels?|mel_specs?|waveforms?|audios?|input_ids|attention_mask|captions?|sentences?|texts)(?![a-z])',
    '(?<![A-Z])(?:Images?|Photos?|Pictures?|Videos?|Spectrogram|Audio|Speech|Waveform)(?![a-z])',
    'Conv[23][dD](?![a-z])|(?:nn|layers)\\.(?:Transformer\\w*|Multi[hH]eadAttention)',
    '(?<![A-Za-z])(?:U_?[Nn]et|res_?net|ResNet|vgg|VGG|(?:Efficient|Dense|Wave|Style|Caffe)[A-Z]\\w*Net|YOLO|ViT|VisionTransformer|Swin|Bert|BERT|GPT|T5|Llama|Whisper|Wav2Vec|Tacotron|SampleRNN|WaveNet|StyleGAN|CycleGAN|DDPM)(?![a-z])',
    '[Tt]okeni[sz](?:e|er|ers|ed)(?![a-z])|pad_sequences',
    '[Dd]iffusion',
  ].join('|'),
)

/** The first of them; null: there is none. */
export function wideWord(code: string): string | null {
  return words.exec(code)?.[0] ?? null
}
