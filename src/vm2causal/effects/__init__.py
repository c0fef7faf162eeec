"""From a posterior to contrasts, each with its interval."""
