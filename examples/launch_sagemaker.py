"""Train the leaf classifier on SageMaker."""

import sagemaker
from sagemaker.pytorch import PyTorch

session = sagemaker.Session()
bucket = session.default_bucket()

estimator = PyTorch(
    entry_point="train.py",
    source_dir=".",
    role=sagemaker.get_execution_role(),
    framework_version="2.5.1",
    py_version="py311",
    instance_type="ml.g5.2xlarge",
    instance_count=1,
    use_spot_instances=True,
    max_run=12 * 3600,
    max_wait=24 * 3600,
    hyperparameters={"epochs": 60, "batch_size": 64, "lr": 3e-4},
    base_job_name="leaves",
)

estimator.fit({"training": f"s3://{bucket}/leaves"})
