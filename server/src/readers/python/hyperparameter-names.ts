/** Names that loops over hyperparameters give their values, as one finds them in training scripts. */
export const hyperparameter = new RegExp(
  '^(_|cur_|current_|new_|this_)?(' +
    [
      'lrs?|lr[0f]|(learning|drop|dropout|decay)_?rates?|eta|initial_lr|base_lr|max_lr|l_?rate',
      'wd|weight_?decays?|l1|l2|(l1|l2)_?\\w*|reg|reg_\\w+|regulari[sz]ation\\w*|lambdas?\\w*|lam|lmbda|alphas?|betas?\\d?|gammas?|c|eps(ilon)?|sigmas?|taus?|temperatures?|temp|margins?|momentums?',
      'bs|b_size|(mini_?)?batch_?sizes?|batch|bsz|n_batch',
      'hidden\\w*|n_?hidden\\w*|h_?dims?|h_?size|units?|n_?units\\w*|neurons?|n_?neurons\\w*|nodes|n_?nodes|width|widths|filters?|n_?filters|num_?filters|kernel_?sizes?|kernels?|channels?|n_?channels',
      '(n_?|num_?)?(hidden_?)?layers?|(n_?|num_?)?blocks?|depths?|max_?depths?|(n_?|num_?)?heads?|emb\\w*|d_?model|latent\\w*|z_?dims?|dims?|ranks?|lora_\\w+',
      'dropouts?\\w*|drop|p_?drop|activations?|act|act_?fns?|optim|optimi[sz]ers?|opt|opts|optim_?name|opt_?name|solvers?|loss(es)?|loss_?(weight|fn|function|type|name)s?|schedulers?|warmup\\w*|init(iali[sz]er)?s?',
      'n_?estimators?|num_?leaves|max_?leaf_?nodes|min_?samples_\\w+|min_?child_\\w+|max_?features?|subsamples?|colsample\\w*|n_?neighbors?|k_?neighbors?|max_?iters?|criterions?|criteria|penalty|penalties',
      'mixups?\\w*|cutmix\\w*|label_?smooth\\w*|smoothing|grad(ient)?_?clip\\w*|clip_?grad\\w*|resolutions?|img_?sizes?|image_?sizes?|crop_?sizes?',
      '(layers|filters|units|channels|neurons|hidden)_per_\\w+|seq_?len(gth)?s?|window(_?size)?s?|look_?back|n_?steps|time_?steps|patience|epochs|n_?epochs|num_?epochs',
    ].join('|') +
    ')$',
  'i',
)

/** Which network is trained: a factor beside hyperparameters; by itself it compares networks. */
export const chosenNetwork =
  /^(archs?|architectures?|models?|model_?names?|backbones?|(en|de)coders?|networks?|nets?)$/i

/** What repeats an experiment. */
export const repetitionTarget =
  /^(\w+_)?(seeds?|random_state|folds?|splits?|runs?|reps?|repeats?|repetitions?|trials?|iters?|iterations?|i|_)$/i

/** A script that does something else with the values: it scores, draws or serves what was trained. */
export const otherWork =
  /eval|test|plot|predict|infer|generat|sampl|visuali|download|process|convert|serve|bench|analy/i
