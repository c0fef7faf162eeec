"""Fitting many times: small tasks, any executor, every finished task a file."""

from vm2causal.refits.data_files import put_data, put_json, put_spec
from vm2causal.refits.engine import Results, run_tasks
from vm2causal.refits.tasks import Task, code_version, sampler_seed, spawned_seeds

__all__ = [
    "Results",
    "Task",
    "code_version",
    "put_data",
    "put_json",
    "put_spec",
    "run_tasks",
    "sampler_seed",
    "spawned_seeds",
]
