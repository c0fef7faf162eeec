"""From data to a ``pm.Model``, and from there to a posterior."""
