"""The package as it is used from Python: a model, its fit, and what is asked of that.

Nothing is computed here; every call hands over to :mod:`vm2causal.workflow`. Names are taken from
``vm2causal`` itself.
"""
