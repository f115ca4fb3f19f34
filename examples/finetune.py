"""Fine-tune a small language model that sorts support tickets into queues."""

import argparse

import evaluate
import numpy as np
from datasets import load_dataset
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainingArguments,
)

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--model", default="microsoft/deberta-v3-large")
parser.add_argument("--train_file", default="data/tickets-train.csv")
parser.add_argument("--val_file", default="data/tickets-val.csv")
parser.add_argument("--output_dir", default="runs/tickets")
args = parser.parse_args()

tokenizer = AutoTokenizer.from_pretrained(args.model)
tickets = load_dataset("csv", data_files={"train": args.train_file, "validation": args.val_file})
queues = sorted(set(tickets["train"]["queue"]))
queue_ids = {name: index for index, name in enumerate(queues)}


def prepare(batch):
    encoded = tokenizer(batch["text"], truncation=True, max_length=512)
    encoded["labels"] = [queue_ids[name] for name in batch["queue"]]
    return encoded


tickets = tickets.map(
    prepare,
    batched=True,
    remove_columns=["text", "queue"],
    load_from_cache_file=False,
)

model = AutoModelForSequenceClassification.from_pretrained(args.model, num_labels=len(queues))
accuracy = evaluate.load("accuracy")


def compute_metrics(prediction):
    logits, labels = prediction
    return accuracy.compute(predictions=np.argmax(logits, axis=-1), references=labels)


training_args = TrainingArguments(
    output_dir=args.output_dir,
    num_train_epochs=15,
    per_device_train_batch_size=16,
    per_device_eval_batch_size=32,
    learning_rate=1e-5,
    lr_scheduler_type="constant_with_warmup",
    warmup_steps=200,
    eval_strategy="epoch",
    save_strategy="epoch",
    save_total_limit=2,
    logging_steps=50,
    report_to="wandb",
)

trainer = Trainer(
    model=model,
    args=training_args,
    train_dataset=tickets["train"],
    eval_dataset=tickets["validation"],
    data_collator=DataCollatorWithPadding(tokenizer),
    compute_metrics=compute_metrics,
)

trainer.train()
trainer.save_model(args.output_dir)
