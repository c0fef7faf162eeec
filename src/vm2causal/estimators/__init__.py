"""The hierarchical model as an estimator inside DoWhy.

Importing this imports DoWhy, which takes seconds; nothing else in the package imports it.
"""

from vm2causal.estimators.hierarchical import HierarchicalEstimator

__all__ = ["HierarchicalEstimator"]
