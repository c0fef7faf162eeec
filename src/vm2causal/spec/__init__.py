"""Model files and the causal models in them: no data, no estimation, no drawing."""

from vm2causal.spec.causal_spec import SCHEMA, CausalSpec
from vm2causal.spec.diff import ArrowChange, ModelDiff, VariableChange, diff_models
from vm2causal.spec.diff_text import describe_diff
from vm2causal.spec.exporting import to_dagitty, to_dot, to_graphml
from vm2causal.spec.files import list_models, read_model
from vm2causal.spec.graph import CausalGraph, find_cycle
from vm2causal.spec.importing import (
    ImportedModel,
    ImportNote,
    import_model,
    imported_from_text,
    model_from_text,
)
from vm2causal.spec.json_schema import model_json_schema
from vm2causal.spec.objects import Arrow, Document, Label, Prior, Query, Source, Variable
from vm2causal.spec.problems import build_model
from vm2causal.spec.selections import with_selections
from vm2causal.spec.words import Evidence, Kind, Level, QueryKind, Sign
from vm2causal.spec.writing import model_to_yaml

__all__ = [
    "SCHEMA",
    "Arrow",
    "ArrowChange",
    "CausalGraph",
    "CausalSpec",
    "Document",
    "Evidence",
    "ImportNote",
    "ImportedModel",
    "Kind",
    "Label",
    "Level",
    "ModelDiff",
    "Prior",
    "Query",
    "QueryKind",
    "Sign",
    "Source",
    "Variable",
    "VariableChange",
    "build_model",
    "describe_diff",
    "diff_models",
    "find_cycle",
    "import_model",
    "imported_from_text",
    "list_models",
    "model_from_text",
    "model_json_schema",
    "model_to_yaml",
    "read_model",
    "to_dagitty",
    "to_dot",
    "to_graphml",
    "with_selections",
]
